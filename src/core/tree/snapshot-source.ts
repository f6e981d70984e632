import { Buffer } from "node:buffer";
import type { JuteWriter } from "../../protocol/jute-writer.ts";
import { vector } from "../../protocol/record.ts";
import { ACL } from "../../protocol/records/data.ts";
import type { SessionId } from "../../protocol/session-id.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { AclCache, AclMapRow } from "./acl-cache.ts";
import type { ZxidDigest } from "./tree-types.ts";
import { NO_NODE, type NodeRef } from "./tree-types.ts";
import type { ZnodeReader } from "./znode-reader.ts";
import type { RemovalObserver, ZnodeStore } from "./znode-store.ts";

export interface SnapshotParts {
  readonly reader: ZnodeReader;
  readonly store: ZnodeStore;
  readonly acls: AclCache;
  readonly sessions: Iterable<{ readonly id: SessionId; readonly timeoutMs: number }>;
  readonly zxid: Zxid;
  lastProcessedZxid(): Zxid;
  /** Undefined when digests are off. */
  digest(): ZxidDigest | undefined;
}

const ACLS = vector(ACL);

/**
 * Writes the tree in slices while transactions go on: `sessions | ACL map | znodes | "/"` (storage-formats 3.1, 3.4). Sessions
 * and ACL map are as they were when the source was made. Znodes are as they are when the walk gets to them; those
 * created since are left out, because replay creates them, and so no path comes twice even if it is deleted and created
 * again. Implements SnapshotSource of the storage.
 */
export class TreeSnapshotSource implements RemovalObserver {
  readonly zxid: Zxid;
  readonly #parts: SnapshotParts;
  readonly #sessions: { readonly id: SessionId; readonly timeoutMs: number }[];
  readonly #acls: AclMapRow[];
  /**
   * Znodes with a higher czxid were created since. Not the zxid itself: a tree whose fuzzy snapshot was not
   * followed by its log holds znodes from after its zxid, and no log brings them back.
   */
  readonly #czxidMax: number;
  #sessionsWritten = -1;
  #aclsWritten = -1;
  /** The znode that is written next; NO_NODE when there is none left. */
  #next: NodeRef;
  #isDone = false;
  #path = Buffer.allocUnsafe(1024);

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.zxid = parts.zxid;
    this.#czxidMax = Math.max(parts.zxid, parts.store.czxidMax);
    this.#sessions = Array.from(parts.sessions);
    this.#acls = parts.acls.toMap();
    this.#next = parts.store.root;
    parts.store.observe(this);
  }

  /** Appends the next part to `out` until it has grown by about `bytesMax`; true when all is written. */
  writeNext(out: JuteWriter, bytesMax: number): boolean {
    const end = out.length + bytesMax;
    do {
      if (this.#isDone) return true;
      this.#writeOne(out);
    } while (out.length < end);
    return this.#isDone;
  }

  digest(): ZxidDigest | undefined {
    return this.#parts.digest();
  }

  lastProcessedZxid(): Zxid {
    return this.#parts.lastProcessedZxid();
  }

  /** Ends a walk that is not carried to its end; it must not be used afterwards. */
  abandon(): void {
    this.#isDone = true;
    this.#parts.store.unobserve(this);
  }

  beforeRemoval(row: NodeRef): void {
    if (row === this.#next) this.#next = this.#parts.store.nextAfterSubtree(row, this.#parts.store.root);
  }

  #writeOne(out: JuteWriter): void {
    if (this.#sessionsWritten < this.#sessions.length) this.#writeSession(out);
    else if (this.#aclsWritten < this.#acls.length) this.#writeAcl(out);
    else if (this.#next !== NO_NODE) this.#writeNode(out);
    else {
      out.writeString("/");
      this.abandon();
    }
  }

  #writeSession(out: JuteWriter): void {
    if (this.#sessionsWritten < 0) {
      out.writeInt(this.#sessions.length);
    } else {
      const { id, timeoutMs } = this.#sessions[this.#sessionsWritten]!;
      out.writeInt64(id);
      out.writeInt(timeoutMs);
    }
    this.#sessionsWritten++;
  }

  #writeAcl(out: JuteWriter): void {
    if (this.#aclsWritten < 0) {
      out.writeInt(this.#acls.length);
    } else {
      const { id, acl } = this.#acls[this.#aclsWritten]!;
      out.writeLong(id);
      ACLS.write(out, acl);
    }
    this.#aclsWritten++;
  }

  #writeNode(out: JuteWriter): void {
    const { reader, store } = this.#parts;
    const row = this.#next;
    if (reader.czxid(row) > this.#czxidMax) {
      // Siblings are in order of creation: all behind this one are new too.
      this.#next = store.nextAfterSubtree(store.parent(row), store.root);
      return;
    }
    this.#writePath(row, out);
    reader.writeData(row, out);
    out.writeLong(reader.aclId(row));
    reader.writeStatPersisted(row, out);
    this.#next = store.nextInWalk(row, store.root);
  }

  /** From the end to the beginning: each znode knows its parent only. */
  #writePath(row: NodeRef, out: JuteWriter): void {
    const { store } = this.#parts;
    let length = 0;
    for (let at = row; at !== store.root; at = store.parent(at)) length += 1 + store.nameLength(at);
    if (length > this.#path.length) this.#path = Buffer.allocUnsafe(length * 2);
    let end = length;
    for (let at = row; at !== store.root; at = store.parent(at)) {
      end -= store.nameLength(at);
      store.copyName(at, this.#path, end);
      this.#path[--end] = 0x2f;
    }
    out.writeInt(length);
    out.writeRaw(this.#path.subarray(0, length));
  }
}
