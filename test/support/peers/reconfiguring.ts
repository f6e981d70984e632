import { SERVER_OPTIONS_DEFAULT } from "../../../src/core/pipeline/server-options.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { ReconfigRequest } from "../../../src/protocol/records/proto.ts";
import type { Client } from "../core-harness.ts";

/** Whoever asks may reconfigure. */
export const RECONFIG_OPEN = {
  reconfigEnabled: true,
  auth: { ...SERVER_OPTIONS_DEFAULT.auth, skipACL: true },
};

/** A `server.N=` line of `membershipOf`. */
export function memberLine(sid: number, role = "participant"): string {
  return `server.${sid}=s${sid}:2888:3888:${role};2181`;
}

/** The error of a reconfig; NaN while there is no answer. */
export function reconfig(client: Client, fields: Partial<ReconfigRequest>): number {
  const all = { joiningServers: null, leavingServers: null, newMembers: null, curConfigId: -1, ...fields };
  client.request(OpCode.reconfig, ReconfigRequest.encode(all));
  return client.isClosed || client.frames.length === 0 ? Number.NaN : client.reply().err;
}
