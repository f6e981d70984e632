import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, isZooKeeper, pidFileOf, readPid, removePidFile } from "../pid-file.ts";
import type { ServerVerb } from "../server-verb.ts";

const POLL_MS = 10;

/** A server that still writes after so long is in trouble that the operator should look at. */
const PATIENCE_MS = 60_000;

/** `zkServer.sh stop`: asks the server to end and waits until it has. */
export const stop: ServerVerb = async ({ environment, output }) => {
  output.out("Stopping zookeeper ... ");
  const pidFile = pidFileOf(environment);
  if (!existsSync(pidFile)) {
    output.out(`no zookeeper to stop (could not find file ${pidFile})\n`);
    return 0;
  }
  const pid = readPid(pidFile);
  if (pid === undefined || !isZooKeeper(pid)) {
    output.err(
      `${pidFile} is left over: ${pid === undefined ? "it names no process" : `process ${pid} is no server`}\n`,
    );
  } else {
    try {
      process.kill(pid, "SIGTERM");
    } catch (error) {
      output.err(`process ${pid} cannot be stopped: ${(error as Error).message}\n`);
      output.out("FAILED TO STOP\n");
      return 1;
    }
    if (!(await hasEnded(pid))) {
      output.err(`process ${pid} has not ended after ${PATIENCE_MS / 1000} s; see its log\n`);
      output.out("FAILED TO STOP\n");
      return 1;
    }
  }
  removePidFile(pidFile);
  output.out("STOPPED\n");
  return 0;
};

async function hasEnded(pid: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
    if (!isAlive(pid)) return true;
    await sleep(POLL_MS);
  }
  return false;
}
