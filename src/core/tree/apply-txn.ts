import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { Stat } from "../../protocol/records/data.ts";
import type { TxnHeader } from "../../protocol/records/txn.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import { CONTAINER_OWNER, TTL_MS_MAX, ttlOwner } from "./owner.ts";
import type { OwnerIndex } from "./owner-index.ts";
import type { ChangeResult, TreeChanges } from "./tree-changes.ts";
import type { ChangeSink, DataTreeOptions, NodeRef, TxnResult } from "./tree-types.ts";

/** Stands in for a null path, which no leader logs: a path that no znode has, where "" would be the root. */
const NO_PATH = "null";

/** What {@link TxnApplier} reads of the tree it changes. */
export interface TxnApplierParts {
  readonly changes: TreeChanges;
  readonly owners: OwnerIndex;
  readonly options: DataTreeOptions;
  stat(row: NodeRef): Stat;
  pathOf(row: NodeRef): string;
}

/** Carries out one transaction of any type on the tree: the same code for live commits and for replay. */
export class TxnApplier {
  readonly #parts: TxnApplierParts;
  readonly #changes: TreeChanges;

  constructor(parts: TxnApplierParts) {
    this.#parts = parts;
    this.#changes = parts.changes;
  }

  apply(header: TxnHeader, body: TxnBody, sink: ChangeSink): TxnResult {
    switch (body.type) {
      case OpCode.create:
      case OpCode.create2: {
        const hi = body.ephemeral ? header.clientId.hi : 0;
        const lo = body.ephemeral ? header.clientId.lo : 0;
        return this.#create(header, body, hi, lo, sink);
      }
      case OpCode.createContainer:
        return this.#create(header, body, CONTAINER_OWNER.hi, CONTAINER_OWNER.lo, sink);
      case OpCode.createTTL: {
        // An Apache server may have logged such a record; it dies of it, at every start (client-protocol 15 #1).
        if (!(body.ttl >= 1 && body.ttl <= TTL_MS_MAX)) return failed(body, ErrorCode.BADARGUMENTS);
        const owner = ttlOwner(body.ttl);
        return this.#create(header, body, owner.hi, owner.lo, sink);
      }
      case OpCode.delete:
      case OpCode.deleteContainer: {
        const row = this.#changes.delete(body.path ?? NO_PATH, header.zxid, sink);
        return row < 0 ? failed(body, row) : result(body.type, 0, body.path, null, null);
      }
      case OpCode.setData:
      case OpCode.reconfig: {
        const { path, data, version } = body;
        const row = this.#changes.setData(path ?? NO_PATH, data, version, header.zxid, header.time, sink);
        return this.#changed(body, row);
      }
      case OpCode.setACL:
        return this.#changed(body, this.#changes.setAcl(body.path ?? NO_PATH, body.acl, body.version));
      case OpCode.closeSession:
        this.#closeSession(header, body.paths2Delete, sink);
        return result(body.type, 0, null, null, null);
      case OpCode.check:
        return result(body.type, 0, body.path, null, null);
      case OpCode.error:
        return result(body.type, body.err, null, null, null);
      case OpCode.createSession:
        return result(body.type, 0, null, null, null);
      case OpCode.multi:
        return this.#multi(header, body.txns, sink);
    }
  }

  #create(
    header: TxnHeader,
    body: Extract<TxnBody, { readonly parentCVersion: number }>,
    ownerHi: number,
    ownerLo: number,
    sink: ChangeSink,
  ): TxnResult {
    const row = this.#changes.create(
      body.path ?? NO_PATH,
      body.data,
      body.acl,
      ownerHi,
      ownerLo,
      body.parentCVersion,
      header.zxid,
      header.time,
      sink,
    );
    return this.#changed(body, row);
  }

  #changed(body: TxnBody & { readonly path: string | null }, row: ChangeResult): TxnResult {
    return row < 0 ? failed(body, row) : result(body.type, 0, body.path, this.#parts.stat(row), null);
  }

  /** An error in one part does not stop the others: it comes from replaying over a later state. */
  #multi(header: TxnHeader, txns: readonly TxnBody[], sink: ChangeSink): TxnResult {
    const isRefused = txns.some((part) => part.type === OpCode.error);
    const parts = isRefused ? refusedParts(txns) : txns.map((part) => this.apply(header, part, sink));
    const err = parts.find((part) => part.err !== 0)?.err ?? 0;
    return result(OpCode.multi, err, null, null, parts);
  }

  /** Deletes what the txn lists, whoever owns it now, then what this tree still has for the session. */
  #closeSession(header: TxnHeader, listed: readonly (string | null)[] | null, sink: ChangeSink): void {
    for (const path of listed ?? []) this.#changes.delete(path ?? NO_PATH, header.zxid, sink);
    const rest = Array.from(this.#parts.owners.ephemeralsOf(header.clientId), (row) =>
      this.#parts.pathOf(row),
    );
    if (listed !== null && rest.length > 0) {
      const { clientId: session, zxid } = header;
      this.#parts.options.onReport?.({ kind: "ephemeralsMissingInTxn", session, zxid, paths: rest });
    }
    for (const path of rest) this.#changes.delete(path, header.zxid, sink);
  }
}

/** A multi that was refused: its parts are errors, nothing is applied. What is none stands before or behind the culprit. */
function refusedParts(txns: readonly TxnBody[]): TxnResult[] {
  let isBehind = false;
  return txns.map((part) => {
    if (part.type === OpCode.error) {
      isBehind = true;
      return result(OpCode.error, part.err, null, null, null);
    }
    return result(OpCode.error, isBehind ? ErrorCode.RUNTIMEINCONSISTENCY : ErrorCode.OK, null, null, null);
  });
}

function failed(body: TxnBody & { readonly path: string | null }, err: number): TxnResult {
  return result(body.type, err, body.path, null, null);
}

/** One shape for all results. */
function result(
  type: number,
  err: number,
  path: string | null,
  stat: Stat | null,
  parts: readonly TxnResult[] | null,
): TxnResult {
  return { type, err, path, stat, parts };
}
