import { describe, expect, it } from "vitest";
import { decodeNotification, encodeNotification } from "../../src/core/election/notification.ts";
import { NO_VOTE } from "../../src/core/election/vote.ts";
import { vectorJson } from "../support/vectors.ts";

/** Every notification that Apache servers sent each other, decoded and encoded to the same bytes. */

interface Connection {
  port: "election" | "quorum";
  packets: { from: "dialer" | "listener"; type: string; hex: string }[];
}

function payloadsOf(capture: string): Buffer[] {
  const packets = vectorJson<Connection[]>(`wire/${capture}.json`)
    .filter(({ port }) => port === "election")
    .flatMap((connection) => connection.packets);
  return packets
    .filter(({ type }) => type === "notif")
    .map(({ hex }) => {
      const frame = Buffer.from(hex, "hex");
      expect(frame.readInt32BE(0)).toBe(frame.length - 4);
      return frame.subarray(4);
    });
}

describe("notifications between Apache servers", () => {
  for (const capture of ["static-ensemble", "reconfig-ensemble", "multiaddress"]) {
    const payloads = payloadsOf(capture);
    it(`${capture}: ${payloads.length} of them`, () => {
      for (const payload of payloads) {
        const { config, ...vote } = decodeNotification(payload);
        expect(vote.version).toBe(2);
        expect(config).toMatch(/^server\.1=.*version=\w+$/s);
        expect(Buffer.from(encodeNotification(vote, Buffer.from(config!))).toString("hex")).toBe(
          payload.toString("hex"),
        );
      }
    });
  }

  it("know every state that talks, and the vote of an observer", () => {
    const votes = payloadsOf("static-ensemble").map(decodeNotification);
    expect(new Set(votes.map(({ state }) => state))).toEqual(new Set(["looking", "following", "leading"]));
    expect(votes).toContainEqual(
      expect.objectContaining({
        state: "looking",
        leader: NO_VOTE,
        zxid: NO_VOTE,
        peerEpoch: NO_VOTE,
        electionEpoch: 1,
      }),
    );
    expect(votes).toContainEqual(
      expect.objectContaining({
        state: "looking",
        leader: 2,
        zxid: 0x1_0000_001a,
        peerEpoch: 1,
        electionEpoch: 1,
      }),
    );
  });
});
