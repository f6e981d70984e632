import { DataTree } from "../../src/core/tree/data-tree.ts";
import { Database, type DatabaseOptions } from "../../src/core/tree/database.ts";
import { DIGEST_VERSION, DigestSum, nodeDigest } from "../../src/core/tree/digest.ts";
import {
  type ChangeSink,
  type DataTreeOptions,
  type DigestMismatch,
  NO_CHANGE_SINK,
  type NodeRef,
  type TreeReport,
  type TxnResult,
} from "../../src/core/tree/tree-types.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import type { ACL, Stat } from "../../src/protocol/records/data.ts";
import type { TxnHeader } from "../../src/protocol/records/txn.ts";
import type { LoggedTxn, TxnBody } from "../../src/protocol/txn.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";

/** Trees and databases for tests, and the txns to change them with. */

export const TREE_OPTIONS: DataTreeOptions = {
  digestEnabled: true,
  extendedTypesEnabled: true,
  emulate353TTLNodes: false,
};

export interface Observed {
  readonly mismatches: DigestMismatch[];
  readonly reports: TreeReport[];
}

export function newTree(options: Partial<DataTreeOptions> = {}): DataTree & Observed {
  const observed = observe();
  return Object.assign(new DataTree({ ...TREE_OPTIONS, ...observed.callbacks, ...options }), observed.seen);
}

export function newDatabase(options: Partial<DatabaseOptions> = {}): Database & Observed {
  const observed = observe();
  return Object.assign(new Database({ ...TREE_OPTIONS, ...observed.callbacks, ...options }), observed.seen);
}

function observe() {
  const seen: Observed = { mismatches: [], reports: [] };
  const callbacks = {
    onDigestMismatch: (mismatch: DigestMismatch) => void seen.mismatches.push(mismatch),
    onReport: (report: TreeReport) => void seen.reports.push(report),
  };
  return { seen, callbacks };
}

export const OPEN: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

/** A session id that fits into tests. */
export function session(n: number): Int64 {
  return new Int64(0x0100_0000, n);
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array | null): string | null =>
  data === null ? null : new TextDecoder().decode(data);

export const createBody = (
  path: string,
  data: Uint8Array | null = bytes("x"),
  options: { acl?: readonly ACL[] | null; ephemeral?: boolean; parentCVersion?: number; type?: 1 | 15 } = {},
): TxnBody => ({
  type: options.type ?? OpCode.create,
  path,
  data,
  acl: options.acl === undefined ? OPEN : options.acl,
  ephemeral: options.ephemeral ?? false,
  parentCVersion: options.parentCVersion ?? -1,
});
export const deleteBody = (path: string): TxnBody => ({ type: OpCode.delete, path });
export const setDataBody = (path: string, data: Uint8Array | null, version: number): TxnBody => ({
  type: OpCode.setData,
  path,
  data,
  version,
});
export const setAclBody = (path: string, acl: readonly ACL[] | null, version: number): TxnBody => ({
  type: OpCode.setACL,
  path,
  acl,
  version,
});
export const containerBody = (path: string, parentCVersion = -1): TxnBody => ({
  type: OpCode.createContainer,
  path,
  data: null,
  acl: OPEN,
  parentCVersion,
});
export const ttlBody = (path: string, ttl: number, parentCVersion = -1): TxnBody => ({
  type: OpCode.createTTL,
  path,
  data: null,
  acl: OPEN,
  parentCVersion,
  ttl,
});

export function header(
  zxid: number,
  type: number,
  clientId: Int64 = Int64.ZERO,
  time = 1_000_000 + zxid,
): TxnHeader {
  return { clientId, cxid: 0, zxid: zxid as Zxid, time, type };
}

/** Applies a body with a header made for it. */
export function apply(
  tree: DataTree,
  zxid: number,
  body: TxnBody,
  options: { sink?: ChangeSink; session?: Int64; time?: number } = {},
): TxnResult {
  return tree.apply(
    header(zxid, body.type, options.session, options.time),
    body,
    options.sink ?? NO_CHANGE_SINK,
  );
}

export function logged(zxid: number, body: TxnBody, clientId?: Int64, time?: number): LoggedTxn {
  return { header: header(zxid, body.type, clientId, time), body, digest: undefined };
}

/** Everything a client could see of one znode, comparable with toEqual. */
export interface ZnodeView {
  readonly data: string | null;
  readonly acl: readonly ACL[];
  readonly stat: Omit<Stat, "ephemeralOwner"> & { readonly ephemeralOwner: string };
}

export function viewOf(tree: DataTree, n: NodeRef): ZnodeView {
  const data = tree.data(n);
  const stat = tree.stat(n);
  return {
    data: data === null ? null : Buffer.from(data).toString("latin1"),
    acl: tree.acl(n).map((entry) => structuredClone(entry)),
    stat: { ...stat, ephemeralOwner: stat.ephemeralOwner.key },
  };
}

/** The whole tree, by path, parents before children. */
export function dump(tree: DataTree): Record<string, ZnodeView> {
  const out: Record<string, ZnodeView> = {};
  const visit = (path: string): void => {
    const n = tree.lookup(path);
    if (n < 0) throw new Error(`${path} is listed by its parent but cannot be looked up`);
    out[path] = viewOf(tree, n);
    for (const name of [...tree.childNames(n)].sort()) visit(path === "/" ? `/${name}` : `${path}/${name}`);
  };
  visit("/");
  return out;
}

/** The tree digest computed from nothing but what can be read: paths, data, stats. */
export function digestFromScratch(tree: DataTree): Int64 {
  const sum = new DigestSum();
  for (const path of Object.keys(dump(tree))) {
    const n = tree.lookup(path);
    sum.add(nodeDigest(path, tree.data(n), tree.statPersisted(n)));
  }
  return sum.toInt64();
}

/** The digest a leader would put into the txn that led to this tree. */
export function digestNow(tree: DataTree): { version: number; treeDigest: Int64 } {
  return { version: DIGEST_VERSION, treeDigest: tree.treeDigest() };
}

/** Sessions as pairs of hex id and timeout, sorted. */
export function sessionsOf(database: Database): [string, number][] {
  return [...database.sessions.values()]
    .map(({ id, timeoutMs }): [string, number] => [id.key, timeoutMs])
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** All of a snapshot's stream, in slices of about `bytesMax`, with something happening between them. */
export function writeSnapshot(
  database: Database,
  bytesMax = 1 << 20,
  between: () => void = () => {},
): { stream: Buffer; slices: number } {
  const source = database.snapshotSource();
  const writer = new JuteWriter();
  let slices = 1;
  while (!source.writeNext(writer, bytesMax)) {
    slices++;
    between();
  }
  return { stream: writer.take(0), slices };
}
