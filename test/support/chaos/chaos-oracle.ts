import { decodeNotification } from "../../../src/core/election/notification.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";
import type { ChaosNode } from "./chaos-node.ts";

/** What must hold after each thing that happens, whoever did it. Throws when it does not. */
export class ChaosOracle {
  /** Every txn by its zxid: a zxid stands for the same bytes everywhere. */
  readonly #txns = new Map<Zxid, Uint8Array>();
  readonly #leaders = new Map<number, number>();
  readonly #digests = new Map<Zxid, string>();

  /** S3: one zxid, one txn. */
  appended(sid: number, zxid: Zxid, bytes: Uint8Array): void {
    const known = this.#txns.get(zxid);
    if (known === undefined) this.#txns.set(zxid, Uint8Array.from(bytes));
    else if (Buffer.compare(known, bytes) !== 0)
      throw new Error(`server ${sid} has another txn ${zxid.toString(16)}`);
  }

  /** S17, S18: a server that looks for a leader has in memory what is on its disk, and offers that or somebody else's. */
  notified({ sid, store, process }: ChaosNode, payload: Uint8Array): void {
    const { state, leader, zxid } = decodeNotification(payload);
    const isObserver = store.membership.servers.some(
      ({ id, peerType }) => id === sid && peerType === "observer",
    );
    if (state !== "looking" || isObserver) return;
    const { lastZxid, currentEpoch } = process!.peer;
    const durable = Math.max(store.snapshots.at(-1)!.zxid, store.log.at(-1)?.zxid ?? 0);
    const isBelow = leader === sid && zxid < durable;
    if (lastZxid !== durable || currentEpoch !== store.current || isBelow)
      throw new Error(
        `server ${sid} looks for a leader with ${currentEpoch}/${lastZxid.toString(16)} and offers ${zxid.toString(16)}, its disk has ${store.current}/${durable.toString(16)}`,
      );
  }

  /** S1, S20: an epoch has one leader, and a zxid one tree. */
  stepped({ sid, process }: ChaosNode): void {
    const peer = process?.peer;
    if (peer === undefined) return;
    const { role, database } = peer;
    if (role?.state === "leading" && role.isServing && "epoch" in role) {
      const epoch = role.epoch as number;
      const known = this.#leaders.get(epoch) ?? sid;
      if (known !== sid) throw new Error(`epoch ${epoch} has the leaders ${known} and ${sid}`);
      this.#leaders.set(epoch, sid);
    }
    if (role !== null && !role.isServing) return;
    const zxid = database.lastProcessedZxid;
    const digest = database.tree.digests.sum.toInt64().key;
    const known = this.#digests.get(zxid);
    if (known === undefined) this.#digests.set(zxid, digest);
    else if (known !== digest) throw new Error(`server ${sid} has another tree at ${zxid.toString(16)}`);
  }
}
