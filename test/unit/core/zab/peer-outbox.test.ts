import { expect, it } from "vitest";
import { Outbox } from "../../../../src/core/pipeline/outbox.ts";
import { encodeAck, encodeAckEpoch } from "../../../../src/core/zab/packets.ts";
import { PeerOutbox } from "../../../../src/core/zab/peer-outbox.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";

const ready = () => new Outbox().take();
const zxid = (value: number) => value as Zxid;

it("of the ACKs of a turn that say the same and more, the last one is sent, in its place", () => {
  const out = new PeerOutbox();
  out.acknowledgeUpTo(-1, zxid(1));
  out.acknowledgeUpTo(-1, zxid(2));
  out.sendDurable(-1, encodeAckEpoch(zxid(2), 1));
  out.acknowledgeUpTo(-1, zxid(3));
  out.acknowledgeUpTo(-2, zxid(4));
  expect(out.take(ready()).sendAfterPersist).toEqual([
    { link: -1, bytes: encodeAck(zxid(2)) },
    { link: -1, bytes: encodeAckEpoch(zxid(2), 1) },
    { link: -1, bytes: encodeAck(zxid(3)) },
    { link: -2, bytes: encodeAck(zxid(4)) },
  ]);
  expect(out.take(ready()).sendAfterPersist).toEqual([]);
});
