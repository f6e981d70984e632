import type { Rng } from "../../src/base/ports.ts";
import type { Client } from "../../src/client/client.ts";
import { memberAddress } from "../world.ts";
import { otherHierarchy } from "./hierarchies.ts";
import { readMembership } from "./seen-membership.ts";

/** Changes the role of one of these servers. */
export async function changeRole(client: Client, servers: readonly number[], rng: Rng): Promise<void> {
  const server = servers[rng.below(servers.length)]!;
  const role = rng.below(2) === 0 ? "participant" : "observer";
  await client.reconfig({ joining: `server.${server}=${memberAddress(server, role)}` });
}

/** Changes who weighs how much, and whether that counts at all, of the same servers in the same roles. */
export async function changeQuorums(client: Client, rng: Rng): Promise<void> {
  const { lines, voters, version } = await readMembership(client);
  const members = [...lines.values(), ...otherHierarchy(voters, rng)];
  await client.reconfig({ members, fromConfig: version });
}
