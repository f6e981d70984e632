import type { Client } from "../../src/client/client.ts";
import { quorumRuleOf } from "../quorum-rule.ts";

/** The ensemble's configuration as an operator reads it. */
export interface SeenMembership {
  /** zxid of the reconfig that made it. */
  readonly version: number;
  /** `server.N=` lines by sid. */
  readonly lines: ReadonlyMap<number, string>;
  readonly voters: readonly number[];
  /** Lines of servers, groups and weights. */
  readonly text: string;
}

function seenMembershipOf(text: string): SeenMembership {
  const { lines, voters } = quorumRuleOf(text);
  const version = /^version=([0-9a-f]+)$/m.exec(text)?.[1] ?? "0";
  const members = text.split("\n").filter((line) => !line.startsWith("version="));
  return { version: Number.parseInt(version, 16), lines, voters, text: members.join("\n") };
}

/** What is committed at the server that the client reaches, once that has caught up. */
export async function readMembership(client: Client): Promise<SeenMembership> {
  await client.sync("/");
  const { data } = await client.get("/zookeeper/config");
  return seenMembershipOf(new TextDecoder().decode(data ?? new Uint8Array(0)));
}
