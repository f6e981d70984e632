import type { Rng } from "../src/base/ports.ts";
import { writeMultiRequest } from "../src/protocol/multi.ts";
import { OpCode } from "../src/protocol/opcode.ts";
import type { ACL } from "../src/protocol/records/data.ts";
import {
  CreateRequest,
  DeleteRequest,
  GetDataRequest,
  SetACLRequest,
  SetDataRequest,
} from "../src/protocol/records/proto.ts";
import type { VirtualClient } from "./virtual-client.ts";

const OPEN: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const READABLE: readonly ACL[] = [{ perms: 17, id: { scheme: "world", id: "anyone" } }];

type SendKind = (client: VirtualClient, rng: Rng, path: string, data: Uint8Array) => void;

/** One of each kind; what appears twice is sent twice as often. */
const KINDS: readonly SendKind[] = [
  sendCreate,
  sendCreate,
  sendCreate,
  (client, _rng, path, data) =>
    client.request(OpCode.create, CreateRequest, { path: `${path}/s-`, data, acl: OPEN, flags: 2 }),
  (client, _rng, path) =>
    client.request(OpCode.create2, CreateRequest, { path: `${path}-e`, data: null, acl: OPEN, flags: 1 }),
  (client, _rng, path, data) =>
    client.request(OpCode.createContainer, CreateRequest, { path, data, acl: OPEN, flags: 4 }),
  sendSetData,
  sendSetData,
  (client, _rng, path) => client.request(OpCode.delete, DeleteRequest, { path, version: -1 }),
  (client, rng, path) =>
    client.request(OpCode.setACL, SetACLRequest, {
      path,
      acl: rng.below(2) === 0 ? READABLE : OPEN,
      version: -1,
    }),
  (client, _rng, path, data) =>
    client.requestWith(OpCode.multi, (writer) =>
      writeMultiRequest(writer, [
        { type: OpCode.create, path: `${path}-m`, data, acl: OPEN, flags: 0 },
        { type: OpCode.setData, path: "/a", data, version: -1 },
        { type: OpCode.delete, path: `${path}-m`, version: -1 },
      ]),
    ),
  (client, _rng, path) => client.request(OpCode.getData, GetDataRequest, { path, watch: false }),
];

function sendCreate(client: VirtualClient, _rng: Rng, path: string, data: Uint8Array): void {
  client.request(OpCode.create, CreateRequest, { path, data, acl: OPEN, flags: 0 });
}

function sendSetData(client: VirtualClient, rng: Rng, path: string, data: Uint8Array): void {
  client.request(OpCode.setData, SetDataRequest, { path, data, version: rng.below(4) === 0 ? 1 : -1 });
}

/** Sends one random request: few paths, so that requests meet each other, and every kind of transaction. */
export function sendRandomRequest(client: VirtualClient, rng: Rng): void {
  KINDS[rng.below(KINDS.length)]!(client, rng, randomPath(rng), rng.bytes(rng.below(40)));
}

function randomPath(rng: Rng): string {
  const name = (): string => "abc"[rng.below(3)]!;
  return rng.below(2) === 0 ? `/${name()}` : `/${name()}/${name()}`;
}
