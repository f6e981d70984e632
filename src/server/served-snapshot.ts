import type { Database } from "../core/tree/database.ts";
import type { TreeSnapshotSource } from "../core/tree/snapshot-source.ts";
import type { JuteWriter } from "../protocol/jute-writer.ts";
import type { Zxid } from "../protocol/zxid.ts";
import type { SnapshotSource, ZxidDigest } from "../storage/snapshot/snapshot-port.ts";

/** Whoever serves a database: its tree holds nothing but what is committed, as long as it does. */
export interface DatabaseServer {
  readonly database: Database;
}

/** The tree is not served any more: what has been written of the snapshot is to be thrown away. */
export class SnapshotAbandoned extends Error {
  override readonly name = "SnapshotAbandoned";
}

/**
 * A snapshot of what `server` serves. Once another serves, or nobody, it ends with {@link SnapshotAbandoned}: a member that has lost
 * its leader brings its tree to the end of its log, and the next leader may take that back. A snapshot with parts of it, under
 * the name of an earlier zxid, would survive that (as in ZOOKEEPER-4837).
 */
export class ServedSnapshot implements SnapshotSource {
  readonly zxid: Zxid;
  readonly #source: TreeSnapshotSource;
  readonly #server: DatabaseServer;
  readonly #served: () => DatabaseServer | undefined;

  constructor(server: DatabaseServer, served: () => DatabaseServer | undefined) {
    this.#server = server;
    this.#served = served;
    this.#source = server.database.snapshotSource();
    this.zxid = this.#source.zxid;
  }

  writeNext(out: JuteWriter, bytesMax: number): boolean {
    return this.#checked().writeNext(out, bytesMax);
  }

  digest(): ZxidDigest | undefined {
    return this.#checked().digest();
  }

  lastProcessedZxid(): Zxid {
    return this.#checked().lastProcessedZxid();
  }

  #checked(): TreeSnapshotSource {
    if (this.#served() === this.#server) return this.#source;
    this.#source.abandon();
    throw new SnapshotAbandoned("the tree is not served any more");
  }
}
