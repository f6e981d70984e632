import type { CommittedLog } from "../../src/core/tree/committed-log.ts";
import { Database } from "../../src/core/tree/database.ts";
import type { TreeSnapshotSource } from "../../src/core/tree/snapshot-source.ts";
import type { Peer } from "../../src/core/zab/peer.ts";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import type { Zxid } from "../../src/protocol/zxid.ts";
import type { PeerMutation } from "../peer-hooks.ts";

/** Does something to each database of a machine, once, before it is used. */
function eachDatabase(change: (database: Database, peer: Peer) => void): PeerMutation {
  const known = new WeakSet<Database>();
  const look = (peer: Peer): void => {
    const { database } = peer;
    if (known.has(database)) return;
    known.add(database);
    change(database, peer);
  };
  return {
    step(input, peer) {
      look(peer);
      return [input];
    },
    ready(ready, peer) {
      look(peer);
      return ready;
    },
  };
}

/** ZOOKEEPER-4925, F39: some txns are applied and do not get into the committed log, of which a leader makes its DIFFs. */
export function holeInCommittedLog(): PeerMutation {
  return eachDatabase(({ committed }) => {
    const keep = committed.appendOwned.bind(committed);
    const appendOwned: CommittedLog["appendOwned"] = (zxid, bytes, previous) => {
      if (zxid % 7 !== 0) keep(zxid, bytes, previous);
    };
    Object.assign(committed, { appendOwned });
  });
}

/** ZOOKEEPER-3144: the table of sessions in a snapshot lags behind its zxid. */
export function sessionMissingInSnapshot(): PeerMutation {
  return eachDatabase((database) => {
    const snapshotSource = (): TreeSnapshotSource =>
      database.tree.snapshotSource([...database.sessions.values()].slice(0, -1));
    Object.assign(database, { snapshotSource });
  });
}

/** ZOOKEEPER-3127: a snapshot says that it has a txn that is not, or not all, in the tree yet. */
export function snapshotAheadOfTree(): PeerMutation {
  let appended = 0 as Zxid;
  const { step, ready } = eachDatabase((database) => {
    const make = database.snapshotSource.bind(database);
    const snapshotSource = () => {
      const source = make();
      const zxid = Math.max(source.zxid, appended);
      return {
        zxid,
        writeNext: source.writeNext.bind(source),
        digest: source.digest.bind(source),
        lastProcessedZxid: source.lastProcessedZxid.bind(source),
        abandon: source.abandon.bind(source),
      };
    };
    Object.assign(database, { snapshotSource });
  });
  return {
    ...(step === undefined ? {} : { step }),
    ready(now, peer) {
      appended = peer.isServing ? (now.append.at(-1)?.zxid ?? appended) : (0 as Zxid);
      return ready!(now, peer);
    },
  };
}

/** ZOOKEEPER-3125, -3249: txns whose effects a fuzzy snapshot holds already are left out when the log is replayed. */
export function replaySkipsWhatIsThere(): () => void {
  const { applyTxn } = Database.prototype;
  Database.prototype.applyTxn = function (this: Database, txn, sink) {
    const { header, body } = txn;
    const isDelete = body.type === OpCode.delete && this.tree.lookup(body.path ?? "") < 0;
    if (!isDelete) return applyTxn.call(this, txn, sink);
    this.tree.lastProcessedZxid = header.zxid;
    this.tree.digests.applied(header.zxid);
    this.tree.checkDigest(header.zxid, txn.digest);
    return { type: body.type, err: ErrorCode.NONODE, path: body.path, stat: null, parts: null };
  };
  return () => {
    Database.prototype.applyTxn = applyTxn;
  };
}
