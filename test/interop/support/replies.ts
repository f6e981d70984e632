import { Unpacker } from "./jute.ts";

/** How raw numbers become words that are equal on two servers which saw the same history. */
export interface Names {
  zxid(value: bigint): string;
  time(value: bigint): string;
  session(value: bigint): string;
}

const EVENT_TYPES: Record<number, string> = {
  1: "NodeCreated",
  2: "NodeDeleted",
  3: "NodeDataChanged",
  4: "NodeChildrenChanged",
};

function text(bytes: Buffer | null): string {
  if (bytes === null) return "null";
  const utf8 = bytes.toString("utf8");
  if (!Buffer.from(utf8, "utf8").equals(bytes)) return `hex:${bytes.toString("hex")}`;
  return JSON.stringify(utf8.length > 60 ? `${utf8.slice(0, 50)}…${bytes.length}` : utf8);
}

function stat(r: Unpacker, names: Names): string {
  const czxid = names.zxid(r.long());
  const mzxid = names.zxid(r.long());
  const ctime = names.time(r.long());
  const mtime = names.time(r.long());
  const versions = `v${r.int()} c${r.int()} a${r.int()}`;
  const owner = r.long();
  const shape = `len${r.int()} kids${r.int()}`;
  const pzxid = names.zxid(r.long());
  const who = owner === 0n ? "0" : names.session(owner);
  return `{cz${czxid} mz${mzxid} pz${pzxid} ct${ctime} mt${mtime} ${versions} owner=${who} ${shape}}`;
}

function names(r: Unpacker): string {
  const list = r.vector(() => r.string());
  return list === null ? "null" : `[${list.sort().join(", ")}]`;
}

function acls(r: Unpacker): string {
  const list = r.vector(() => `${r.int()}:${r.string()}:${r.string()}`);
  return list === null ? "null" : `[${list.join(", ")}]`;
}

function identities(r: Unpacker): string {
  const list = r.vector(() => `${r.string()}:${r.string()}`);
  return list === null ? "null" : `[${list.sort().join(", ")}]`;
}

function result(r: Unpacker, type: number, n: Names): string {
  switch (type) {
    case -1:
      return `error ${r.int()}`;
    case 1:
      return `create ${r.string()}`;
    case 15:
      return `create2 ${r.string()} ${stat(r, n)}`;
    case 5:
      return `setData ${stat(r, n)}`;
    case 4:
      return `getData ${text(r.buffer())} ${stat(r, n)}`;
    case 8:
      return `getChildren ${names(r)}`;
    case 2:
      return "delete";
    case 13:
      return "check";
    default:
      return `type ${type}?`;
  }
}

function results(r: Unpacker, n: Names): string {
  const parts: string[] = [];
  for (;;) {
    const type = r.int();
    const done = r.bool();
    const err = r.int();
    if (done) return `[${parts.join(", ")}] end(${type},${err})`;
    parts.push(`(${type},${err}) ${result(r, type, n)}`);
  }
}

/** The body of a reply to opcode `op` in words; "" where none is expected. */
function body(r: Unpacker, op: number, n: Names): string {
  switch (op) {
    case 1:
    case 9:
      return String(r.string());
    case 15:
    case 19:
    case 21:
      return `${r.string()} ${stat(r, n)}`;
    case 3:
    case 5:
    case 7:
      return stat(r, n);
    case 4:
      return `${text(r.buffer())} ${stat(r, n)}`;
    case 6:
      return `${acls(r)} ${stat(r, n)}`;
    case 8:
    case 103:
      return names(r);
    case 12:
      return `${names(r)} ${stat(r, n)}`;
    case 14:
    case 22:
      return results(r, n);
    case 102:
      return text(r.buffer());
    case 104:
    case 106:
      return String(r.int());
    case 107:
      return identities(r);
    default:
      return "";
  }
}

/** A frame after the handshake, in words. `opOf` says which request a reply xid belongs to. */
export function describeFrame(frame: Buffer, opOf: (xid: number) => number, n: Names): string {
  const r = new Unpacker(frame);
  const xid = r.int();
  const zxid = r.long();
  const err = r.int();
  if (xid === -1 && r.remaining > 0) {
    const type = r.int();
    const state = r.int();
    const path = r.string();
    return `event ${EVENT_TYPES[type] ?? type} ${path} state=${state} err=${err} zxid=${n.zxid(zxid)}${rest(r)}`;
  }
  const op = opOf(xid);
  const head = `xid=${xid} zxid=${n.zxid(zxid)} err=${err}`;
  if (err !== 0 && op !== 22 && op !== 102) return head + rest(r);
  if (r.remaining === 0) return head;
  try {
    return `${head} ${body(r, op, n)}${rest(r)}`.trimEnd();
  } catch (error) {
    return `${head} UNREADABLE ${frame.toString("hex")} (${(error as Error).message})`;
  }
}

function rest(r: Unpacker): string {
  return r.remaining === 0 ? "" : ` +${r.take(r.remaining).toString("hex")}`;
}

/** A ConnectResponse in words. `isExpectedPassword` tells whether the bytes are the ones Apache derives from the id. */
export function describeHandshake(
  frame: Buffer,
  n: Names,
  isExpectedPassword: (sessionId: bigint, password: Buffer) => boolean,
): string {
  const r = new Unpacker(frame);
  const version = r.int();
  const timeout = r.int();
  const id = r.long();
  const password = r.buffer() ?? Buffer.alloc(0);
  const secret = isExpectedPassword(id, password) ? "derived" : password.toString("hex");
  const readOnly = r.remaining > 0 ? ` readOnly=${r.bool()}` : "";
  const session = id === 0n ? "0" : n.session(id);
  return `connected version=${version} timeout=${timeout} session=${session} password=${secret}${readOnly}${rest(r)}`;
}

/** java.util.Random(sessionId XOR 0xB3415C00).nextBytes(16): client-protocol 2.3. */
export function derivedPassword(sessionId: bigint): Buffer {
  const mask = (1n << 48n) - 1n;
  let state = (BigInt.asUintN(64, sessionId) ^ 0xb3415c00n ^ 0x5deece66dn) & mask;
  const out = Buffer.alloc(16);
  for (let i = 0; i < 16; i += 4) {
    state = (state * 0x5deece66dn + 0xbn) & mask;
    out.writeUInt32LE(Number(state >> 16n), i);
  }
  return out;
}
