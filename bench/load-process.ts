import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type {
  FailoverJob,
  FailoverResult,
  JobResult,
  LoadJob,
  LoadReply,
  LoadResult,
  MeasuringJob,
} from "./load/jobs.ts";

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
  run(job: LoadJob): Promise<JobResult> {
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

  /** As {@link run}, for jobs that measure an interval. */
  async measure(job: MeasuringJob): Promise<LoadResult> {
    return (await this.run(job)) as LoadResult;
  }

  async failover(job: FailoverJob): Promise<FailoverResult> {
    return (await this.run(job)) as FailoverResult;
  }

  stop(): void {
    this.#child.disconnect();
  }
}
