import { ErrorCode, errorName } from "../protocol/error-code.ts";
import type { MultiOp, MultiResult } from "../protocol/multi.ts";
import { OpCode, opName } from "../protocol/opcode.ts";
import type { ACL, Stat } from "../protocol/records/data.ts";
import type { Zxid } from "../protocol/zxid.ts";
import { OPEN_ACL } from "./acl.ts";
import { dataBytes, sequentialServerPath, serverPath } from "./client-paths.ts";
import { createKind } from "./create-flags.ts";
import { KeeperError, MisuseError } from "./errors.ts";
import { withoutChroot } from "./machine/decode-reply.ts";
import type { CreateMode, Data } from "./types.ts";

/** What a create in a multi takes; defaults as for `Client.create`. */
export interface CreateOpOptions {
  /** Default: empty. */
  readonly data?: Data | undefined;
  /** Default "persistent". */
  readonly mode?: CreateMode | undefined;
  /** For the ttl modes: 1 … 1099511627775 ms. */
  readonly ttlMs?: number | undefined;
  /** Default: {@link OPEN_ACL}. */
  readonly acl?: readonly ACL[] | undefined;
  /**
   * "path" (default), or "pathAndStat", which asks for the Stat of the new znode (create2). Servers 3.8.0 and 3.8.1 must not be given
   * that: their log has it, but where a later release leads them they do not apply it.
   */
  readonly result?: "path" | "pathAndStat" | undefined;
}

/** Operations of a multi, made by {@link op}. */
export interface CreateOp extends CreateOpOptions {
  /** Which operation. */
  readonly type: "create";
  /** The znode; without the chroot, as everywhere. */
  readonly path: string;
}
/** Replaces data. */
export interface SetOp {
  /** Which operation. */
  readonly type: "set";
  /** The znode. */
  readonly path: string;
  /** The new data. */
  readonly data: Data;
  /** The version the znode must have; default: any. */
  readonly version?: number | undefined;
}
/** Deletes a znode without children. */
export interface DeleteOp {
  /** Which operation. */
  readonly type: "delete";
  /** The znode. */
  readonly path: string;
  /** The version the znode must have; default: any. */
  readonly version?: number | undefined;
}
/** Fails the multi unless the znode exists and has the version. */
export interface CheckOp {
  /** Which operation. */
  readonly type: "check";
  /** The znode. */
  readonly path: string;
  /** The version the znode must have; default: any. */
  readonly version?: number | undefined;
}
/** Reads data in a multiRead. */
export interface GetOp {
  /** Which operation. */
  readonly type: "get";
  /** The znode. */
  readonly path: string;
}
/** Reads the names of the children in a multiRead. */
export interface ChildrenOp {
  /** Which operation. */
  readonly type: "children";
  /** The znode. */
  readonly path: string;
}

/** What `multi` takes. */
export type WriteOp = CreateOp | SetOp | DeleteOp | CheckOp;
/** What `multiRead` takes. */
export type ReadOp = GetOp | ChildrenOp;

/** What an operation of a multi results in. */
export type WriteResult<O extends WriteOp> = O extends CreateOp
  ? /** `stat` is null unless `result` asked for it, and from servers before 3.7.2, 3.8.2 and 3.9. */ {
      readonly type: "create";
      readonly path: string;
      readonly stat: Stat | null;
    }
  : O extends SetOp
    ? { readonly type: "set"; readonly stat: Stat }
    : O extends DeleteOp
      ? { readonly type: "delete" }
      : { readonly type: "check" };

/** The results of `multi([...])`, place by place. */
export type WriteResults<T extends readonly WriteOp[]> = {
  -readonly [I in keyof T]: WriteResult<T[I]>;
};

/** What a read of a multiRead results in when it succeeds. */
export type ReadSuccess<O extends ReadOp> = O extends GetOp
  ? { readonly isOk: true; readonly type: "get"; readonly data: Uint8Array | null; readonly stat: Stat }
  : { readonly isOk: true; readonly type: "children"; readonly children: string[] };

/** Each read of a multiRead succeeds or fails alone. */
export type ReadResult<O extends ReadOp> =
  | ReadSuccess<O>
  | { readonly isOk: false; readonly error: KeeperError };

/** The results of `multiRead([...])`, place by place. */
export type ReadResults<T extends readonly ReadOp[]> = { -readonly [I in keyof T]: ReadResult<T[I]> };

/** Makes the operations of `multi` and `multiRead`. */
export const op = {
  create: (path: string, options: CreateOpOptions = {}): CreateOp => ({ type: "create", path, ...options }),
  set: (path: string, data: Data, options: { readonly version?: number } = {}): SetOp => ({
    type: "set",
    path,
    data,
    ...options,
  }),
  delete: (path: string, options: { readonly version?: number } = {}): DeleteOp => ({
    type: "delete",
    path,
    ...options,
  }),
  /** Fails the multi unless the znode exists and, where one is given, has this version. */
  check: (path: string, options: { readonly version?: number } = {}): CheckOp => ({
    type: "check",
    path,
    ...options,
  }),
  get: (path: string): GetOp => ({ type: "get", path }),
  children: (path: string): ChildrenOp => ({ type: "children", path }),
} as const;

const ANY_VERSION = -1;

/** The operation as it goes over the wire. @throws MisuseError naming what is wrong with it */
export function wireOp(operation: WriteOp | ReadOp, chroot: string): MultiOp {
  switch (operation.type) {
    case "create":
      return wireCreate(operation, chroot);
    case "set": {
      const { data, version = ANY_VERSION } = operation;
      return {
        type: OpCode.setData,
        path: serverPath(chroot, operation.path),
        data: dataBytes(data),
        version,
      };
    }
    case "delete":
    case "check": {
      const type = operation.type === "delete" ? OpCode.delete : OpCode.check;
      return { type, path: serverPath(chroot, operation.path), version: operation.version ?? ANY_VERSION };
    }
    case "get":
      return { type: OpCode.getData, path: serverPath(chroot, operation.path), watch: false };
    case "children":
      return { type: OpCode.getChildren, path: serverPath(chroot, operation.path), watch: false };
    default:
      throw new MisuseError(
        `unknown operation type "${(operation as { type: string }).type}": make operations with op`,
      );
  }
}

function wireCreate(operation: CreateOp, chroot: string): MultiOp {
  const { op: type, flags, isSequential } = createKind(operation.mode, operation.ttlMs);
  const toServer = isSequential ? sequentialServerPath : serverPath;
  const fields = {
    path: toServer(chroot, operation.path),
    data: dataBytes(operation.data),
    acl: operation.acl ?? OPEN_ACL,
    flags,
  };
  if (type === OpCode.createTTL) return { type, ...fields, ttl: operation.ttlMs! };
  // As Java's client does: every release applies a create.
  const isPlain = type === OpCode.create2 && operation.result !== "pathAndStat";
  return { type: isPlain ? OpCode.create : type, ...fields };
}

/** Results of a multi. @throws KeeperError with the code, path and index of the operation that failed */
export function writeResults(
  operations: readonly WriteOp[],
  results: readonly MultiResult[],
  chroot: string,
  zxid: Zxid,
): WriteResult<WriteOp>[] {
  const failed = results.findIndex(
    (r) => r.type === OpCode.error && r.err !== ErrorCode.OK && r.err !== ErrorCode.RUNTIMEINCONSISTENCY,
  );
  const index = failed >= 0 ? failed : results.findIndex((r) => r.type === OpCode.error);
  if (index >= 0) throw failure(operations[index]!, results[index]!, index, zxid);
  return results.map((result, i) => writeResult(operations[i]!, result, chroot));
}

function writeResult(operation: WriteOp, result: MultiResult, chroot: string): WriteResult<WriteOp> {
  switch (result.type) {
    case OpCode.create:
      return { type: "create", path: withoutChroot(result.path ?? "", chroot), stat: null };
    case OpCode.create2:
      return { type: "create", path: withoutChroot(result.path ?? "", chroot), stat: result.stat };
    case OpCode.setData:
      return { type: "set", stat: result.stat };
    default:
      return { type: operation.type === "delete" ? "delete" : "check" };
  }
}

export function readResults(
  operations: readonly ReadOp[],
  results: readonly MultiResult[],
  zxid: Zxid,
): ReadResult<ReadOp>[] {
  return results.map((result, index) => {
    switch (result.type) {
      case OpCode.getData:
        return { isOk: true, type: "get", data: result.data, stat: result.stat };
      case OpCode.getChildren:
        return { isOk: true, type: "children", children: (result.children ?? []).map((name) => name ?? "") };
      default:
        return { isOk: false, error: failure(operations[index]!, result, index, zxid) };
    }
  });
}

function failure(operation: WriteOp | ReadOp, result: MultiResult, index: number, zxid: Zxid): KeeperError {
  const codeNumber = result.type === OpCode.error ? result.err : ErrorCode.RUNTIMEINCONSISTENCY;
  return new KeeperError({
    code: errorName(codeNumber) ?? `CODE${codeNumber}`,
    codeNumber,
    path: operation.path,
    op: opName(OPCODES[operation.type])!,
    zxid,
    index,
  });
}

const OPCODES = {
  create: OpCode.create2,
  set: OpCode.setData,
  delete: OpCode.delete,
  check: OpCode.check,
  get: OpCode.getData,
  children: OpCode.getChildren,
} as const;
