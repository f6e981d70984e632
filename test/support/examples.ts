import type { Stage } from "../../examples/stage.ts";

/** Every example, and the files that its page shows, in this order. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  "configuration-centre": ["configuration-centre.ts"],
  "naming-service": ["naming-service.ts"],
  "group-membership": ["group-membership-server.ts", "group-membership-client.ts", "group-membership.ts"],
  "master-election": ["master-election.ts"],
  "master-worker": [
    "master-worker/master.ts",
    "master-worker/worker.ts",
    "master-worker/client.ts",
    "master-worker.ts",
  ],
  locks: ["locks.ts"],
  "fifo-queue": ["fifo-queue.ts"],
  "barrier-queue": ["barrier-queue.ts"],
  "load-balancing": ["load-balancing.ts"],
  "distributed-notification": ["distributed-notification.ts"],
};

/** Plays an example against a server; resolves with what it printed. */
export async function playExample(name: string, servers: string): Promise<string> {
  const example = (await import(`../../examples/${name}.ts`)) as { default: (stage: Stage) => Promise<void> };
  let output = "";
  const print = (line: string): void => {
    output += `${line}\n`;
  };
  await example.default({ servers, print, args: [], signal: new AbortController().signal });
  return output;
}
