import { ErrorCode } from "../../protocol/error-code.ts";
import { Int64 } from "../../protocol/int64.ts";
import type { JuteReader } from "../../protocol/jute-reader.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { vector } from "../../protocol/record.ts";
import { ACL } from "../../protocol/records/data.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import { Perms } from "../auth/perms.ts";
import type { ChangeRecord } from "../pipeline/outstanding-changes.ts";
import { hasSlashAndNoNul, sequenceSuffix, validatePath } from "../tree/path.ts";
import { checkCreateFlags, isEphemeralFlags, isSequentialFlags } from "./create-flags.ts";
import type { PrepareContext, WriteOperation } from "./operation.ts";
import { writeStat } from "./stat-writer.ts";

export type CreateType =
  | typeof OpCode.create
  | typeof OpCode.create2
  | typeof OpCode.createContainer
  | typeof OpCode.createTTL;

/** What the four create operations, alone or in a multi, have in common. */
export interface CreateArguments {
  readonly type: CreateType;
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly flags: number;
  /** Undefined for all but createTTL. */
  readonly ttl: number | undefined;
}

const aclVector = vector(ACL);

function readArguments(type: CreateType, reader: JuteReader): CreateArguments {
  const path = reader.readString();
  const data = reader.readBuffer();
  const acl = aclVector.read(reader);
  const flags = reader.readInt();
  const ttl = type === OpCode.createTTL ? reader.readLong() : undefined;
  return { type, path, data, acl, flags, ttl };
}

/** The parent of a path that has a slash; `/a` and `/` both have the root. */
function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === 0 ? "/" : path.slice(0, slash);
}

/** Checks a create in the order of client-protocol 4.3 and records it, or returns why not. */
export function prepareCreate(context: PrepareContext, create: CreateArguments): TxnBody | ErrorCode {
  const { flags } = create;
  const flagsErr = checkCreateFlags(flags, create.ttl, context.isExtendedTypesEnabled);
  if (flagsErr !== ErrorCode.OK) return flagsErr;
  const sessionErr = isEphemeralFlags(flags) ? context.checkGlobalSession() : context.checkSession();
  if (sessionErr !== ErrorCode.OK) return sessionErr;
  if (create.path === null) return ErrorCode.MARSHALLINGERROR;
  if (!hasSlashAndNoNul(create.path)) return ErrorCode.BADARGUMENTS;
  const fixed = context.authority.fixUp(create.acl, context.ids);
  if ("err" in fixed) return fixed.err;
  if (!context.budget.affordsAcl(create.acl, fixed.acl)) return ErrorCode.INVALIDACL;
  const parent = context.changes.find(parentPath(create.path));
  if (parent === undefined) return ErrorCode.NONODE;
  if (!context.authority.allows(parent.acl, Perms.CREATE, context.ids)) return ErrorCode.NOAUTH;
  const path = isSequentialFlags(flags) ? create.path + sequenceSuffix(parent.sequence) : create.path;
  if (validatePath(path) !== undefined) return ErrorCode.BADARGUMENTS;
  if (context.changes.exists(path)) return ErrorCode.NODEEXISTS;
  if (parent.isEphemeral) return ErrorCode.NOCHILDRENFOREPHEMERALS;
  if (context.exceedsQuota(path, 1, create.data === null ? 0 : create.data.length))
    return ErrorCode.QUOTAEXCEEDED;
  const body = createTxn(create, path, fixed.acl, (parent.sequence + 1) | 0);
  record(context, parent, create, path, fixed.acl);
  return body;
}

function createTxn(
  create: CreateArguments,
  path: string,
  acl: readonly ACL[],
  parentCVersion: number,
): TxnBody {
  const { type, data } = create;
  switch (type) {
    case OpCode.createContainer:
      return { type, path, data, acl, parentCVersion };
    case OpCode.createTTL:
      return { type, path, data, acl, parentCVersion, ttl: create.ttl ?? 0 };
    default:
      return { type, path, data, acl, ephemeral: isEphemeralFlags(create.flags), parentCVersion };
  }
}

const CONTAINER_OWNER = new Int64(-0x8000_0000, 0);
const TTL_OWNER_TOP = 0xff00_0000;

function ownerOf(context: PrepareContext, create: CreateArguments): Int64 {
  if (create.type === OpCode.createContainer) return CONTAINER_OWNER;
  if (create.type === OpCode.createTTL) {
    const ttl = create.ttl ?? 0;
    return new Int64(TTL_OWNER_TOP | Math.floor(ttl / 0x1_0000_0000), ttl >>> 0);
  }
  return isEphemeralFlags(create.flags) ? context.session : Int64.ZERO;
}

function record(
  context: PrepareContext,
  parent: ChangeRecord,
  create: CreateArguments,
  path: string,
  acl: readonly ACL[],
): void {
  const { changes, zxid, timeMs } = context;
  changes.change(parent);
  parent.sequence = (parent.sequence + 1) | 0;
  parent.numChildren++;
  // As apply does it: only ever upwards, so that a wrapped counter changes nothing (client-protocol 4.6).
  if (parent.sequence > parent.cversion) {
    parent.cversion = parent.sequence;
    parent.pzxid = zxid;
  }
  changes.changed(parent);

  const node = changes.missing(path);
  changes.change(node);
  node.exists = true;
  node.czxid = node.mzxid = node.pzxid = zxid;
  node.ctime = node.mtime = timeMs;
  node.version = node.cversion = node.sequence = node.aversion = 0;
  node.ephemeralOwner = ownerOf(context, create);
  node.isEphemeral = create.type !== OpCode.createContainer && isEphemeralFlags(create.flags);
  node.numChildren = 0;
  node.acl = acl;
  node.data = create.data;
  node.dataLength = create.data === null ? 0 : create.data.length;
  changes.changed(node);
}

function createOperation(type: CreateType): WriteOperation {
  return {
    kind: "write",
    type,
    counter: "op_count_create",
    prepare: (context, reader) => prepareCreate(context, readArguments(type, reader)),
    respond(result, body) {
      body.writeString(result.path);
      if (type !== OpCode.create) writeStat(body, result.stat!);
    },
  };
}

/** Answers with the full path only. */
export const create = createOperation(OpCode.create);
export const create2 = createOperation(OpCode.create2);
export const createContainer = createOperation(OpCode.createContainer);
export const createTTL = createOperation(OpCode.createTTL);
