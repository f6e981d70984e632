import { prepareTree } from "./bench-tree.ts";
import { runConnectClose } from "./connect-close.ts";
import { runFailover } from "./failover.ts";
import type { JobResult, LoadJob, LoadReply } from "./jobs.ts";
import { populate, verifyTree } from "./populate.ts";
import { runThroughput } from "./throughput.ts";
import { runWatchers } from "./watchers.ts";

/** The load process: takes one job at a time from its parent and answers each with one message. */

async function run(job: LoadJob): Promise<JobResult> {
  switch (job.kind) {
    case "throughput":
      return runThroughput(job);
    case "watchers":
      return runWatchers(job);
    case "connect":
      return runConnectClose(job);
    case "failover":
      return runFailover(job);
    case "prepare":
      await prepareTree(job.port);
      return undefined;
    case "populate":
      await populate(job);
      return undefined;
    case "verifyTree":
      await verifyTree(job);
      return undefined;
  }
}

process.on("message", (job: LoadJob) => {
  const answer = (reply: LoadReply): void => {
    process.send?.(reply);
  };
  run(job).then(
    (result) => answer({ ok: true, result }),
    (error: Error) => answer({ ok: false, error: error.message }),
  );
});
process.on("disconnect", () => process.exit(0));
