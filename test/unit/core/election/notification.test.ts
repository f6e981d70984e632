import { describe, expect, it } from "vitest";
import { decodeNotification, encodeNotification } from "../../../../src/core/election/notification.ts";
import { NO_VOTE } from "../../../../src/core/election/vote.ts";
import type { Zxid } from "../../../../src/protocol/zxid.ts";

const vote = {
  state: "looking",
  leader: 3,
  zxid: 0x2_0000_0005 as Zxid,
  electionEpoch: 7,
  peerEpoch: 1,
} as const;
const full = Buffer.from(encodeNotification(vote, Buffer.from("version=0")));
/** The full form cut to `length`, with `version` and `configLength` as given. */
function cut(length: number, version = 2, configLength = 9): Buffer {
  const payload = Buffer.alloc(Math.max(length, full.length));
  full.copy(payload);
  payload.writeInt32BE(version, 36);
  payload.writeInt32BE(configLength, 40);
  return payload.subarray(0, length);
}

describe("a notification", () => {
  it("has the full form of 2.1", () => {
    expect(full.toString("hex")).toBe(
      "00000000 0000000000000003 0000000200000005 0000000000000007 0000000000000001 00000002 00000009".replaceAll(
        " ",
        "",
      ) + Buffer.from("version=0").toString("hex"),
    );
    expect(decodeNotification(full)).toEqual({ ...vote, version: 2, config: "version=0" });
  });

  it("of a server without a vote is exact", () => {
    const none = {
      state: "looking",
      leader: NO_VOTE,
      zxid: NO_VOTE as Zxid,
      electionEpoch: 1,
      peerEpoch: NO_VOTE,
    } as const;
    const bytes = Buffer.from(encodeNotification(none, new Uint8Array(0)));
    expect(bytes.toString("hex", 4, 20)).toBe("80000000000000008000000000000000");
    expect(decodeNotification(bytes)).toEqual({ ...none, version: 2, config: "" });
  });

  it("of 28 bytes takes its epoch from the zxid, one of 40 has version 0 (F9)", () => {
    expect(decodeNotification(cut(28))).toEqual({ ...vote, peerEpoch: 2, version: 0, config: null });
    expect(decodeNotification(cut(40, 77))).toEqual({ ...vote, version: 0, config: null });
  });

  it("of version 1 or less has no configuration", () => {
    expect(decodeNotification(cut(44, 1))).toEqual({ ...vote, version: 1, config: null });
    expect(decodeNotification(cut(41, 0))).toEqual({ ...vote, version: 0, config: null });
    expect(decodeNotification(cut(53, -3))).toEqual({ ...vote, version: -3, config: null });
  });

  it("may have bytes behind its configuration", () => {
    expect(decodeNotification(cut(53, 2, 7)).config).toBe("version");
  });

  it.each([
    ["0 bytes", cut(0)],
    ["27 bytes", cut(27)],
    ["29 bytes", cut(29)],
    ["35 bytes", cut(35)],
    ["36 bytes, without a version", cut(36)],
    ["43 bytes of version 2", cut(43)],
    ["a configuration longer than the payload", cut(53, 2, 10)],
    ["a configuration of 2 GB", cut(53, 2, 0x7fff_ffff)],
    ["a configuration of -1 bytes", cut(53, 2, -1)],
    ["a configuration of -5 bytes", cut(53, 2, -5)],
    ["state 4", Buffer.concat([Buffer.from("00000004", "hex"), full.subarray(4)])],
    ["state -1", Buffer.concat([Buffer.from("ffffffff", "hex"), full.subarray(4)])],
    [
      "a leader that doubles cannot tell from others",
      Buffer.concat([full.subarray(0, 4), Buffer.alloc(8, 0x7f), full.subarray(12)]),
    ],
    [
      "a round that leaves no next one",
      Buffer.concat([full.subarray(0, 20), Buffer.from("001fffffffffffff", "hex"), full.subarray(28)]),
    ],
  ])("is refused with %s", (_, payload) => {
    expect(() => decodeNotification(payload)).toThrow();
  });
});
