import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import {
  type MultiOp,
  type MultiResult,
  readMultiResponse,
  writeMultiRequest,
} from "../../src/protocol/multi.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { type ACL, Stat } from "../../src/protocol/records/data.ts";
import {
  CheckWatchesRequest,
  Create2Response,
  CreateRequest,
  CreateResponse,
  CreateTTLRequest,
  DeleteRequest,
  ExistsRequest,
  GetACLRequest,
  GetACLResponse,
  GetChildrenRequest,
  GetChildrenResponse,
  GetDataRequest,
  GetDataResponse,
  SetACLRequest,
  SetDataRequest,
} from "../../src/protocol/records/proto.ts";
import { type Client, OPEN_ACL } from "./core-harness.ts";

const utf8 = new TextEncoder();
export const bytes = (text: string): Uint8Array => utf8.encode(text);
export const text = (data: Uint8Array | null): string | null =>
  data === null ? null : new TextDecoder().decode(data);

export interface CreateOptions {
  readonly data?: Uint8Array | null;
  readonly acl?: readonly ACL[] | null;
  readonly flags?: number;
  readonly opcode?: number;
}

/** The short way to each operation; every function returns the reply's error code unless it says otherwise. */
export const zk = {
  createBody(path: string | null, options: CreateOptions = {}): Uint8Array {
    const { data = null, acl = OPEN_ACL, flags = 0 } = options;
    return CreateRequest.encode({ path, data, acl, flags });
  },
  create(client: Client, path: string | null, options: CreateOptions = {}): number {
    return client.call(options.opcode ?? OpCode.create, zk.createBody(path, options)).err;
  },
  /** Creates and returns the path of the reply. */
  created(client: Client, path: string, options: CreateOptions = {}): string | null {
    const reply = client.call(options.opcode ?? OpCode.create, zk.createBody(path, options));
    if (reply.err !== 0) throw new Error(`create ${path}: error ${reply.err}`);
    return CreateResponse.read(reply.body).path;
  },
  /** Creates with create2, or another opcode of its shape, and returns path and Stat. */
  created2(client: Client, path: string, options: CreateOptions = {}): { path: string | null; stat: Stat } {
    const reply = client.call(options.opcode ?? OpCode.create2, zk.createBody(path, options));
    if (reply.err !== 0) throw new Error(`create2 ${path}: error ${reply.err}`);
    return Create2Response.read(reply.body);
  },
  createTTL(client: Client, path: string, flags: number, ttl: number): number {
    return client.callRecord(OpCode.createTTL, CreateTTLRequest, {
      path,
      data: null,
      acl: OPEN_ACL,
      flags,
      ttl,
    }).err;
  },
  delete(client: Client, path: string | null, version = -1): number {
    return client.callRecord(OpCode.delete, DeleteRequest, { path, version }).err;
  },
  setData(client: Client, path: string | null, data: Uint8Array | null, version = -1): number {
    return client.callRecord(OpCode.setData, SetDataRequest, { path, data, version }).err;
  },
  setAcl(client: Client, path: string | null, acl: readonly ACL[] | null, version = -1): number {
    return client.callRecord(OpCode.setACL, SetACLRequest, { path, acl, version }).err;
  },
  getAcl(client: Client, path: string): { err: number; acl: readonly ACL[] } {
    const reply = client.callRecord(OpCode.getACL, GetACLRequest, { path });
    if (reply.err !== 0) return { err: reply.err, acl: [] };
    return { err: 0, acl: GetACLResponse.read(reply.body).acl ?? [] };
  },
  exists(client: Client, path: string | null, watch = false): number {
    return client.callRecord(OpCode.exists, ExistsRequest, { path, watch }).err;
  },
  getData(client: Client, path: string | null, watch = false): number {
    return client.callRecord(OpCode.getData, GetDataRequest, { path, watch }).err;
  },
  data(client: Client, path: string): { data: Uint8Array | null; stat: Stat } {
    const reply = client.callRecord(OpCode.getData, GetDataRequest, { path, watch: false });
    if (reply.err !== 0) throw new Error(`getData ${path}: error ${reply.err}`);
    return GetDataResponse.read(reply.body);
  },
  stat(client: Client, path: string): Stat {
    const reply = client.callRecord(OpCode.exists, ExistsRequest, { path, watch: false });
    if (reply.err !== 0) throw new Error(`exists ${path}: error ${reply.err}`);
    return Stat.read(reply.body);
  },
  getChildren(client: Client, path: string | null, watch = false): number {
    return client.callRecord(OpCode.getChildren, GetChildrenRequest, { path, watch }).err;
  },
  /** Sorted. */
  children(client: Client, path: string): (string | null)[] {
    const reply = client.callRecord(OpCode.getChildren, GetChildrenRequest, { path, watch: false });
    if (reply.err !== 0) throw new Error(`getChildren ${path}: error ${reply.err}`);
    return [...GetChildrenResponse.read(reply.body).children!].sort();
  },
  /** Returns the results, or the error of the whole request. */
  multi(
    client: Client,
    ops: readonly MultiOp[],
    opcode: number = OpCode.multi,
  ): readonly MultiResult[] | number {
    const writer = new JuteWriter();
    writeMultiRequest(writer, ops);
    const reply = client.call(opcode, writer.take(0));
    return reply.err === 0 ? readMultiResponse(reply.body) : reply.err;
  },
  removeWatches(client: Client, path: string, type: number): number {
    return client.callRecord(OpCode.removeWatches, CheckWatchesRequest, { path, type }).err;
  },
  checkWatches(client: Client, path: string, type: number): number {
    return client.callRecord(OpCode.checkWatches, CheckWatchesRequest, { path, type }).err;
  },
};
