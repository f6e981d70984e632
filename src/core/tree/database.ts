import type { JuteWriter } from "../../protocol/jute-writer.ts";
import type { ACL, StatPersisted } from "../../protocol/records/data.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { LoggedTxn } from "../../protocol/txn.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { DataTree } from "./data-tree.ts";
import type { QuotaRegistry } from "./quota.ts";
import type { ChangeSink, DataTreeOptions, TxnResult, ZxidDigest } from "./tree-types.ts";

export interface DatabaseOptions extends DataTreeOptions {
  /** How many committed txns are kept for learners that are only a little behind; default 500. */
  readonly commitLogCount?: number;
}

export interface SessionRow {
  readonly id: SessionId;
  readonly timeoutMs: number;
}

/** The public face; the body follows in the next commit. */
export declare class Database {
  constructor(options: DatabaseOptions);
  readonly tree: DataTree;
  readonly quota: QuotaRegistry;
  /** Global sessions by the key of their id, as createSession and closeSession txns left them. */
  readonly sessions: ReadonlyMap<string, SessionRow>;
  get lastProcessedZxid(): Zxid;
  applyTxn(txn: LoggedTxn, sink: ChangeSink): TxnResult;
  removeDeadEphemerals(): readonly string[];
  session(id: SessionId, timeoutMs: number): void;
  acl(aclId: number, acl: readonly ACL[]): void;
  node(path: string, data: Uint8Array | null, aclId: number, stat: StatPersisted): void;
  digest(digest: ZxidDigest): void;
  snapshotLoaded(zxid: Zxid): void;
  replay(bytes: Uint8Array): void;
  snapshotSource(): {
    readonly zxid: Zxid;
    writeNext(out: JuteWriter, bytesMax: number): boolean;
    digest(): ZxidDigest | undefined;
    lastProcessedZxid(): Zxid;
  };
  digestLog(): readonly ZxidDigest[];
}
