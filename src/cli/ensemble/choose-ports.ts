import { resolve } from "node:path";
import type { NetLinkHandler } from "../../base/ports.ts";
import { createNodeNetwork } from "../../transport/node-network.ts";
import { type BasePorts, EnsembleProblem, type LocalMember, portsFrom } from "./ensemble-directory.ts";

const IGNORED: NetLinkHandler = { received() {}, closed() {} };
const FIRST = 2181;
/** Further than this from the usual ports nobody would look for them. */
const TRIES = 50;
const STEP = 10;

/**
 * Ports for a new ensemble that nobody listens on: from `clientPort`, or the first free ones from 2181 on.
 *
 * @throws EnsembleProblem when one of those asked for is in use, or none nearby is free
 */
export async function choosePorts(size: number, clientPort: number | undefined): Promise<BasePorts> {
  if (clientPort !== undefined) {
    const used = await firstInUse(portsFrom(clientPort), size);
    if (used === undefined) return portsFrom(clientPort);
    throw new EnsembleProblem(
      `port ${used} of 127.0.0.1 is in use: stop what uses it, choose another --base-port, or leave it out`,
    );
  }
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const ports = portsFrom(FIRST + attempt * STEP);
    if ((await firstInUse(ports, size)) === undefined) return ports;
  }
  throw new EnsembleProblem(`there are no ${size * 3} free ports near ${FIRST}: choose a --base-port`);
}

/**
 * That nobody listens where the clients of an ensemble from an earlier start connect: else the roles that are shown would be somebody
 * else's, and its servers would end one after the other.
 *
 * @throws EnsembleProblem when somebody does
 */
export async function requireFree(root: string, members: readonly LocalMember[]): Promise<void> {
  for (const { clientPort } of members) {
    if (await isFree(clientPort)) continue;
    throw new EnsembleProblem(
      `port ${clientPort} of 127.0.0.1 is in use: the ensemble in ${resolve(root)} runs already, or something else uses its port; ` +
        "stop that, or make another one with --dir",
    );
  }
}

async function firstInUse(
  { client, quorum, election }: BasePorts,
  size: number,
): Promise<number | undefined> {
  for (let at = 0; at < size; at++) {
    for (const port of [client + at, quorum + at, election + at]) {
      if (!(await isFree(port))) return port;
    }
  }
  return undefined;
}

async function isFree(port: number): Promise<boolean> {
  try {
    await (await createNodeNetwork().listen({ host: "127.0.0.1", port }, () => IGNORED)).close();
    return true;
  } catch {
    return false;
  }
}
