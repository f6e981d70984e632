import { sumOfVersions } from "./bench-tree.ts";
import { FailoverConnection } from "./failover-connection.ts";
import { wait } from "./interval.ts";
import type { FailoverJob, FailoverResult } from "./jobs.ts";
import { planTemplates } from "./plans.ts";

const PATIENCE_MS = 60_000;

/** Loads, kills, waits until every connection is served again, and looks whether no acknowledged write is lost. */
export async function runFailover(job: FailoverJob): Promise<FailoverResult> {
  const survivors = job.ports.filter((port) => port !== job.leader.port);
  const before = await sumOfVersions(job.ports[0]!);
  let killedAt = 0;
  let firstWriteMs = 0;
  let served = 0;
  let fail: (error: Error) => void = () => {};
  let finish: () => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // nobody may be waiting at that moment
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const listener = {
    servedAgain: () => {
      if (served === 0) firstWriteMs = performance.now() - killedAt;
      if (++served === job.connections) finish();
    },
    failed: (error: Error) => fail(error),
  };
  const connections = Array.from({ length: job.connections }, (_, i) => {
    const templates = planTemplates("set", i);
    return new FailoverConnection(
      job.ports[i % job.ports.length]!,
      survivors,
      templates,
      job.depth,
      listener,
    );
  });
  const overdue = wait(PATIENCE_MS).then(() => {
    throw new Error(`the clients were not served again within ${PATIENCE_MS / 1000} s`);
  });
  overdue.catch(() => {});
  try {
    await Promise.race([wait(job.warmupMs), failed]);
    const acknowledged = connections.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    if (acknowledged === 0) throw new Error("no write was acknowledged before the kill");
    for (const connection of connections) connection.killed();
    killedAt = performance.now();
    process.kill(job.leader.pid, "SIGKILL");
    await Promise.race([all, failed, overdue]);
    const allServedMs = performance.now() - killedAt;
    for (const connection of connections) connection.stop();
    await Promise.race([Promise.all(connections.map(({ drained }) => drained)), failed, overdue]);
    await verify(survivors, connections, before);
    return { firstWriteMs, allServedMs };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Every acknowledged write is there; of those that lost their connection any may be. On each server. */
async function verify(
  ports: readonly number[],
  connections: readonly FailoverConnection[],
  before: number,
): Promise<void> {
  const acknowledged = connections.reduce((sum, each) => sum + each.acknowledged, 0);
  const unknown = connections.reduce((sum, each) => sum + each.unknown, 0);
  for (const port of ports) {
    const sets = (await sumOfVersions(port)) - before;
    if (sets >= acknowledged && sets <= acknowledged + unknown) continue;
    throw new Error(
      `${acknowledged} writes were acknowledged and ${unknown} lost their connection, ` +
        `but the versions at port ${port} grew by ${sets}`,
    );
  }
}
