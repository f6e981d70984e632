import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { LoadJob, LoadReply, LoadResult } from "./load/jobs.ts";

/** The load generator: a process of its own, held on the last processor when there are several and `taskset` is there. */
export class LoadProcess {
  readonly #child: ChildProcess;

  constructor(program: string, isPinned: boolean) {
    const node = [process.execPath, "--max-semi-space-size=64", program];
    const command = isPinned ? ["taskset", "-c", String(availableParallelism() - 1), ...node] : node;
    this.#child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    process.once("exit", () => this.#child.kill("SIGKILL"));
  }

  /** Runs one job; jobs must not overlap. */
  run(job: LoadJob): Promise<LoadResult | undefined> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error("the load generator ended"));
      this.#child.once("exit", onExit);
      this.#child.once("message", (reply: LoadReply) => {
        this.#child.off("exit", onExit);
        if (reply.ok) resolve(reply.result);
        else reject(new Error(reply.error));
      });
      this.#child.send(job);
    });
  }

  /** As {@link run}, for jobs that measure. */
  async measure(job: LoadJob): Promise<LoadResult> {
    const result = await this.run(job);
    if (result === undefined) throw new Error(`a ${job.kind} job measures nothing`);
    return result;
  }

  stop(): void {
    this.#child.disconnect();
  }
}
