import { Packer } from "./jute.ts";

/** One request as it goes out behind its xid: opcode, body, and the words that name it in transcripts. */
export interface WireRequest {
  readonly op: number;
  readonly body: Buffer;
  readonly label: string;
}

export interface WireAcl {
  readonly perms: number;
  readonly scheme: string | null;
  readonly id: string | null;
}

export const OPEN: readonly WireAcl[] = [{ perms: 31, scheme: "world", id: "anyone" }];

export function acl(perms: number, scheme: string | null, id: string | null): WireAcl {
  return { perms, scheme, id };
}

type Data = string | Uint8Array | null;
type AclList = readonly WireAcl[] | null;

function show(path: string | null): string {
  return path === null ? "null" : JSON.stringify(path).slice(1, -1);
}

export function request(op: number, label: string, body: Buffer = Buffer.alloc(0)): WireRequest {
  return { op, label, body };
}

function packAcl(packer: Packer, list: AclList): Packer {
  if (list === null) return packer.int(-1);
  packer.int(list.length);
  for (const entry of list) packer.int(entry.perms).buffer(entry.scheme).buffer(entry.id);
  return packer;
}

function createBody(path: string | null, data: Data, list: AclList, flags: number): Packer {
  return packAcl(new Packer().buffer(path).buffer(data), list).int(flags);
}

export interface CreateOptions {
  readonly data?: Data;
  readonly acl?: AclList;
  readonly flags?: number;
  readonly ttl?: bigint;
  /** 1 create, 15 create2, 19 createContainer, 21 createTTL. */
  readonly op?: 1 | 15 | 19 | 21;
}

const CREATE_NAMES = { 1: "create", 15: "create2", 19: "createContainer", 21: "createTTL" };

export function create(path: string | null, options: CreateOptions = {}): WireRequest {
  const op = options.op ?? 1;
  const flags = options.flags ?? 0;
  const data = options.data === undefined ? "x" : options.data;
  const packer = createBody(path, data, options.acl === undefined ? OPEN : options.acl, flags);
  if (op === 21) packer.long(options.ttl ?? 60_000n);
  const ttl = op === 21 ? ` ttl=${options.ttl ?? 60_000n}` : "";
  return request(op, `${CREATE_NAMES[op]} ${show(path)} flags=${flags}${ttl}`, packer.done());
}

export function remove(path: string | null, version = -1): WireRequest {
  return request(2, `delete ${show(path)} v${version}`, new Packer().buffer(path).int(version).done());
}

export function exists(path: string | null, watch = false): WireRequest {
  return request(
    3,
    `exists ${show(path)}${watch ? " watch" : ""}`,
    new Packer().buffer(path).bool(watch).done(),
  );
}

export function getData(path: string | null, watch = false): WireRequest {
  return request(
    4,
    `getData ${show(path)}${watch ? " watch" : ""}`,
    new Packer().buffer(path).bool(watch).done(),
  );
}

export function setData(path: string | null, data: Data = "y", version = -1): WireRequest {
  const body = new Packer().buffer(path).buffer(data).int(version).done();
  return request(5, `setData ${show(path)} v${version}`, body);
}

export function getAcl(path: string | null): WireRequest {
  return request(6, `getACL ${show(path)}`, new Packer().buffer(path).done());
}

export function setAcl(path: string | null, list: AclList = OPEN, version = -1): WireRequest {
  const body = packAcl(new Packer().buffer(path), list).int(version).done();
  return request(7, `setACL ${show(path)} v${version}`, body);
}

export function getChildren(path: string | null, watch = false): WireRequest {
  const body = new Packer().buffer(path).bool(watch).done();
  return request(8, `getChildren ${show(path)}${watch ? " watch" : ""}`, body);
}

export function getChildren2(path: string | null, watch = false): WireRequest {
  const body = new Packer().buffer(path).bool(watch).done();
  return request(12, `getChildren2 ${show(path)}${watch ? " watch" : ""}`, body);
}

export function sync(path: string | null): WireRequest {
  return request(9, `sync ${show(path)}`, new Packer().buffer(path).done());
}

export const ping: WireRequest = request(11, "ping");
export const closeSession: WireRequest = request(-11, "closeSession");
export const whoAmI: WireRequest = request(107, "whoAmI");

export function check(path: string | null, version = -1): WireRequest {
  return request(13, `check ${show(path)} v${version}`, new Packer().buffer(path).int(version).done());
}

function batch(op: number, name: string, parts: readonly WireRequest[]): WireRequest {
  const packer = new Packer();
  for (const part of parts) packer.int(part.op).bool(false).int(-1).raw(part.body);
  packer.int(-1).bool(true).int(-1);
  return request(op, `${name} [${parts.map((part) => part.label).join(", ")}]`, packer.done());
}

export function multi(...parts: WireRequest[]): WireRequest {
  return batch(14, "multi", parts);
}

export function multiRead(...parts: WireRequest[]): WireRequest {
  return batch(22, "multiRead", parts);
}

export function getEphemerals(prefix: string | null): WireRequest {
  return request(103, `getEphemerals ${show(prefix)}`, new Packer().buffer(prefix).done());
}

export function getAllChildrenNumber(path: string | null): WireRequest {
  return request(104, `getAllChildrenNumber ${show(path)}`, new Packer().buffer(path).done());
}

export function addWatch(path: string | null, mode: number): WireRequest {
  return request(106, `addWatch ${show(path)} mode=${mode}`, new Packer().buffer(path).int(mode).done());
}

export function checkWatches(path: string | null, type: number): WireRequest {
  return request(17, `checkWatches ${show(path)} type=${type}`, new Packer().buffer(path).int(type).done());
}

export function removeWatches(path: string | null, type: number): WireRequest {
  return request(18, `removeWatches ${show(path)} type=${type}`, new Packer().buffer(path).int(type).done());
}

type Paths = readonly (string | null)[] | null;

export interface WatchLists {
  readonly data?: Paths;
  readonly exist?: Paths;
  readonly child?: Paths;
  readonly persistent?: Paths;
  readonly recursive?: Paths;
}

function orEmpty(paths: Paths | undefined): Paths {
  return paths === undefined ? [] : paths;
}

export function setWatches(zxid: bigint, lists: WatchLists): WireRequest {
  const packer = new Packer().long(zxid).strings(orEmpty(lists.data)).strings(orEmpty(lists.exist));
  packer.strings(orEmpty(lists.child));
  const isSecond = lists.persistent !== undefined || lists.recursive !== undefined;
  if (!isSecond) return request(101, `setWatches ${JSON.stringify(lists)}`, packer.done());
  packer.strings(orEmpty(lists.persistent)).strings(orEmpty(lists.recursive));
  return request(105, `setWatches2 ${JSON.stringify(lists)}`, packer.done());
}

export function auth(scheme: string | null, data: Data): WireRequest {
  const label = `auth ${show(scheme)} ${data === null ? "null" : JSON.stringify(String(data))}`;
  return request(100, label, new Packer().int(0).buffer(scheme).buffer(data).done());
}

export function sasl(token: Data): WireRequest {
  return request(
    102,
    `sasl ${token === null ? "null" : JSON.stringify(String(token))}`,
    new Packer().buffer(token).done(),
  );
}

export function reconfig(
  joining: string | null,
  leaving: string | null,
  members: string | null,
): WireRequest {
  const body = new Packer().buffer(joining).buffer(leaving).buffer(members).long(-1n).done();
  return request(16, `reconfig ${joining} ${leaving} ${members}`, body);
}
