import { ErrorCode } from "../../src/protocol/error-code.ts";
import type { Int64 } from "../../src/protocol/int64.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import type { ACL } from "../../src/protocol/records/data.ts";
import type { TxnHeader } from "../../src/protocol/records/txn.ts";
import type { TxnBody } from "../../src/protocol/txn.ts";
import type { ZnodeView } from "./tree.ts";

/**
 * The naive tree: one object per znode in a Map by full path, every rule of storage-formats 3.6 and client-protocol 4.7 spelled
 * out once more and nothing optimised. The real tree must agree with it.
 */
interface ModelNode {
  data: string | null;
  acl: readonly ACL[];
  czxid: number;
  mzxid: number;
  pzxid: number;
  ctime: number;
  mtime: number;
  version: number;
  cversion: number;
  aversion: number;
  owner: bigint;
}

const OPEN: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const CONTAINER = 0x8000_0000_0000_0000n;
const TTL = 0xff00_0000_0000_0000n;
const toText = (data: Uint8Array | null) => (data === null ? null : Buffer.from(data).toString("latin1"));
const unsigned = (id: Int64) => BigInt.asUintN(64, id.toBigInt());

function blank(): ModelNode {
  return {
    data: "",
    acl: OPEN,
    czxid: 0,
    mzxid: 0,
    pzxid: 0,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    owner: 0n,
  };
}

export class TreeModel {
  readonly nodes = new Map<string, ModelNode>();
  readonly events: string[] = [];

  constructor() {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota"]) this.nodes.set(path, blank());
    const acl = [{ perms: 1, id: { scheme: "world", id: "anyone" } }];
    this.nodes.set("/zookeeper/config", { ...blank(), aversion: -1, acl });
  }

  childrenOf(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.nodes.keys()].filter(
      (other) => other !== "/" && other.startsWith(prefix) && !other.slice(prefix.length).includes("/"),
    );
  }

  apply(header: TxnHeader, body: TxnBody): number {
    switch (body.type) {
      case OpCode.create:
      case OpCode.create2:
        return this.#create(header, body, body.ephemeral ? unsigned(header.clientId) : 0n);
      case OpCode.createContainer:
        return this.#create(header, body, CONTAINER);
      case OpCode.createTTL:
        return this.#create(header, body, TTL | BigInt(body.ttl));
      case OpCode.delete:
      case OpCode.deleteContainer:
        return this.#delete(header.zxid, body.path!);
      case OpCode.setData:
      case OpCode.reconfig: {
        const node = this.nodes.get(body.path!);
        if (node === undefined) return ErrorCode.NONODE;
        node.data = toText(body.data);
        node.version = body.version;
        node.mzxid = header.zxid;
        node.mtime = header.time;
        this.events.push(`changed ${body.path}`);
        return 0;
      }
      case OpCode.setACL: {
        const node = this.nodes.get(body.path!);
        if (node === undefined) return ErrorCode.NONODE;
        node.acl = body.acl ?? OPEN;
        node.aversion = body.version;
        return 0;
      }
      case OpCode.closeSession: {
        for (const path of body.paths2Delete ?? []) this.#delete(header.zxid, path!);
        for (const [path, node] of [...this.nodes]) {
          if (node.owner === unsigned(header.clientId)) this.#delete(header.zxid, path);
        }
        return 0;
      }
      case OpCode.multi: {
        if (body.txns.some(({ type }) => type === OpCode.error)) return this.#firstError(body.txns);
        return body.txns.map((part) => this.apply(header, part)).find((err) => err !== 0) ?? 0;
      }
      case OpCode.error:
        return body.err;
      default:
        return 0;
    }
  }

  view(): Record<string, ZnodeView> {
    const out: Record<string, ZnodeView> = {};
    for (const path of [...this.nodes.keys()].sort()) {
      const { data, acl, owner, ...stat } = this.nodes.get(path)!;
      const numChildren = this.childrenOf(path).length;
      const isSession = owner !== 0n && owner !== CONTAINER && owner >> 56n !== 0xffn;
      out[path] = {
        data,
        acl: structuredClone(acl) as ACL[],
        stat: {
          ...stat,
          cversion: (2 * stat.cversion - numChildren) | 0,
          numChildren,
          dataLength: data?.length ?? 0,
          ephemeralOwner: isSession ? owner.toString(16) : "0",
        } as ZnodeView["stat"],
      };
    }
    return out;
  }

  #firstError(txns: readonly TxnBody[]): number {
    for (const part of txns) if (part.type === OpCode.error && part.err !== 0) return part.err;
    return 0;
  }

  #parent(path: string): string | undefined {
    const slash = path.lastIndexOf("/");
    const parent = slash === 0 ? "/" : path.slice(0, slash);
    return slash >= 0 && this.nodes.has(parent) ? parent : undefined;
  }

  #create(
    header: TxnHeader,
    body: {
      path: string | null;
      data: Uint8Array | null;
      acl: readonly ACL[] | null;
      parentCVersion: number;
    },
    owner: bigint,
  ): number {
    const path = body.path!;
    const parent = this.#parent(path);
    if (parent === undefined) return ErrorCode.NONODE;
    const directory = this.nodes.get(parent)!;
    const existing = this.nodes.get(path);
    const cversion = body.parentCVersion === -1 ? directory.cversion + 1 : body.parentCVersion;
    if (cversion > directory.cversion) {
      directory.cversion = cversion;
      directory.pzxid = header.zxid;
    }
    if (existing !== undefined) {
      existing.acl = body.acl ?? OPEN;
      return ErrorCode.NODEEXISTS;
    }
    const { zxid, time } = header;
    this.nodes.set(path, {
      ...blank(),
      data: toText(body.data),
      acl: body.acl ?? OPEN,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: time,
      mtime: time,
      owner,
    });
    this.events.push(`created ${path}`, `children ${parent}`);
    return 0;
  }

  #delete(zxid: number, path: string): number {
    const parent = path === "/" ? undefined : this.#parent(path);
    if (parent === undefined) return ErrorCode.NONODE;
    const directory = this.nodes.get(parent)!;
    directory.pzxid = Math.max(directory.pzxid, zxid);
    if (!this.nodes.has(path)) return ErrorCode.NONODE;
    for (const other of [...this.nodes.keys()]) if (other.startsWith(`${path}/`)) this.nodes.delete(other);
    this.nodes.delete(path);
    this.events.push(`deleted ${path}`, `children ${parent}`);
    return 0;
  }
}
