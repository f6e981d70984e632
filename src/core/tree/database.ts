import { OpCode } from "../../protocol/opcode.ts";
import type { ACL, StatPersisted } from "../../protocol/records/data.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import { decodeTxn, type LoggedTxn } from "../../protocol/txn.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { CommittedLog } from "./committed-log.ts";
import { DataTree } from "./data-tree.ts";
import type { QuotaRegistry } from "./quota.ts";
import type { TreeSnapshotSource } from "./snapshot-source.ts";
import {
  type ChangeSink,
  type DataTreeOptions,
  NO_CHANGE_SINK,
  type TxnResult,
  type ZxidDigest,
} from "./tree-types.ts";

export interface DatabaseOptions extends DataTreeOptions {
  /** `zookeeper.commitLogCount`: how many committed txns are kept for learners a little behind; default 500. */
  readonly commitLogCount?: number;
  /** Limit for one string or buffer of a replayed record, in bytes: what clients may send, or this server refuses its own log. */
  readonly fieldBytesMax?: number;
}

/** A global session as the log knows it. */
export interface SessionRow {
  readonly id: SessionId;
  readonly timeoutMs: number;
}

/** Ephemerals that a dead session had left behind. */
export interface RemovedEphemerals {
  readonly session: SessionId;
  readonly paths: readonly string[];
}

const COMMIT_LOG_COUNT = 500;

/**
 * All replicated state: the tree and the global sessions. It is recovered from a snapshot and a log (it has the shape of
 * RecoveryTarget of the storage), changed by transactions, and written to snapshots while it changes.
 */
export class Database {
  readonly tree: DataTree;
  readonly committed: CommittedLog;
  readonly #fieldBytesMax: number | undefined;
  readonly #sessions = new Map<string, SessionRow>();
  #isLoading = false;
  #isLoaded = false;
  #snapshotZxid: Zxid | undefined;
  #snapshotDigest: ZxidDigest | undefined;
  #lastReplayed: LoggedTxn | undefined;

  constructor(options: DatabaseOptions) {
    this.tree = new DataTree(options);
    this.committed = new CommittedLog(options.commitLogCount ?? COMMIT_LOG_COUNT);
    this.#fieldBytesMax = options.fieldBytesMax;
  }

  /** Global sessions by the key of their id, as createSession and closeSession transactions left them. */
  get sessions(): ReadonlyMap<string, SessionRow> {
    return this.#sessions;
  }

  get quota(): QuotaRegistry {
    return this.tree.quota;
  }

  get lastProcessedZxid(): Zxid {
    return this.tree.lastProcessedZxid;
  }

  /**
   * Applies a committed transaction to sessions and tree, and compares the digest it carries. The session table first: it
   * must not lag behind lastProcessedZxid (ZOOKEEPER-3144).
   */
  applyTxn(txn: LoggedTxn, sink: ChangeSink): TxnResult {
    const { header, body } = txn;
    if (body.type === OpCode.createSession) {
      const { clientId } = header;
      this.#sessions.set(clientId.key, { id: clientId, timeoutMs: body.timeOut });
    } else if (body.type === OpCode.closeSession) {
      this.#sessions.delete(header.clientId.key);
    }
    const result = this.tree.apply(header, body, sink);
    this.tree.checkDigest(header.zxid, txn.digest);
    return result;
  }

  /**
   * Deletes the ephemerals of sessions that do not exist: once, when a standalone server or a leader starts
   * (storage-formats 3.6). Local, without a transaction. Znodes whose owner only looks like a session because
   * extendedTypesEnabled is off are kept (client-protocol 15 #13).
   */
  removeDeadEphemerals(sink: ChangeSink = NO_CHANGE_SINK): readonly RemovedEphemerals[] {
    return this.deadSessions().map((session) => ({
      session,
      paths: this.tree.removeEphemerals(session, sink),
    }));
  }

  /** Sessions that own ephemerals and do not exist. */
  deadSessions(): SessionId[] {
    return [...this.tree.ephemeralOwners()].filter(
      (session) => !this.#sessions.has(session.key) && !this.tree.isStrandedTtlOwner(session),
    );
  }

  /** For a new snapshot; its zxid is lastProcessedZxid of now. */
  snapshotSource(): TreeSnapshotSource {
    return this.tree.snapshotSource(this.#sessions.values());
  }

  /**
   * The znodes come from a walk over a tree that went on changing, and nobody says until when: digests mean nothing before
   * {@link endFuzziness}, when every txn that can be in there has been applied.
   */
  beginFuzziness(): void {
    this.tree.digests.beginFuzziness();
  }

  endFuzziness(): void {
    this.tree.digests.endFuzziness(this.lastProcessedZxid);
  }

  /** RecoveryTarget: a row of the snapshot's session table. */
  session(id: SessionId, timeoutMs: number): void {
    this.#beginLoad();
    this.#sessions.set(id.key, { id, timeoutMs });
  }

  /** RecoveryTarget: a row of the snapshot's ACL map. */
  acl(aclId: number, acl: readonly ACL[]): void {
    this.#beginLoad();
    this.tree.loader.acl(aclId, acl);
  }

  /** RecoveryTarget: a znode of the snapshot; the root has path "". `data` is copied. */
  node(path: string, data: Uint8Array | null, aclId: number, stat: StatPersisted): void {
    this.#beginLoad();
    this.tree.loader.node(path, data, aclId, stat);
  }

  /** RecoveryTarget: the snapshot's digest section; before or after {@link snapshotLoaded}, and before any replay. */
  digest(digest: ZxidDigest): void {
    this.#snapshotDigest = digest;
    this.#judgeSnapshot();
  }

  /** RecoveryTarget: all znodes are in; `zxid` is the one in the file's name. */
  snapshotLoaded(zxid: Zxid): void {
    this.#beginLoad();
    this.#isLoaded = true;
    this.tree.loader.finish();
    this.tree.lastProcessedZxid = zxid;
    this.#snapshotZxid = zxid;
    this.#judgeSnapshot();
  }

  /** RecoveryTarget: the next record of the log. Throws JuteError when it is none. */
  replay(bytes: Uint8Array): void {
    const txn = decodeTxn(bytes, this.#fieldBytesMax);
    const previous = this.lastProcessedZxid;
    this.applyTxn(txn, NO_CHANGE_SINK);
    this.committed.append(txn.header.zxid, bytes, previous);
    this.#lastReplayed = txn;
  }

  /** RecoveryTarget: whether the last replayed record told the tree's digest, and the tree has it. */
  confirmsLastTxn(): boolean {
    const digest = this.#lastReplayed?.digest;
    const { digests } = this.tree;
    if (digest === undefined || !digests.isEnabled || digests.fuzzyUntil !== undefined) return false;
    return digests.sum.equals(digest.treeDigest);
  }

  #beginLoad(): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    this.tree.loader.begin();
  }

  #judgeSnapshot(): void {
    if (!this.#isLoaded || this.#snapshotZxid === undefined) return;
    this.tree.digests.snapshotLoaded(this.#snapshotZxid, this.#snapshotDigest);
  }
}
