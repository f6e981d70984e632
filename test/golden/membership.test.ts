import { describe, expect, it } from "vitest";
import { formatMembership, memberLines, parseMembershipText } from "../../src/core/quorum/membership-text.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { QuorumPacket } from "../../src/protocol/records/quorum.ts";
import { decodeTxn } from "../../src/protocol/txn.ts";
import { vectorBytes, vectorJson, vectorNames } from "../support/vectors.ts";

/** Every configuration that Apache servers wrote or sent each other comes out of ours with the same bytes. */

interface Connection {
  port: "election" | "quorum";
  packets: { type: string; hex: string }[];
}

const rules = { allowsSeveralAddresses: true, hasOracle: false };
const again = (text: string) => formatMembership(parseMembershipText(text, rules));

describe("configurations of Apache servers", () => {
  it("in notifications and NEWLEADER", () => {
    const texts = new Set<string>();
    for (const capture of ["static-ensemble", "reconfig-ensemble", "multiaddress"]) {
      for (const { port, packets } of vectorJson<Connection[]>(`wire/${capture}.json`)) {
        for (const { type, hex } of packets) {
          const bytes = Buffer.from(hex, "hex");
          if (port === "election" && type === "notif") texts.add(bytes.toString("utf8", 4 + 44));
          if (type === "NEWLEADER") {
            texts.add(Buffer.from(QuorumPacket.read(new JuteReader(bytes)).data!).toString("utf8"));
          }
        }
      }
    }
    expect(texts.size).toBeGreaterThan(4);
    for (const text of texts) expect(again(text)).toBe(text);
  });

  it("in reconfig txns", () => {
    const texts: string[] = [];
    for (const { packets } of vectorJson<Connection[]>("wire/reconfig-ensemble.json")) {
      for (const { hex } of packets.filter(({ type }) => type === "PROPOSAL")) {
        const { body } = decodeTxn(QuorumPacket.read(new JuteReader(Buffer.from(hex, "hex"))).data!);
        if (body.type === OpCode.reconfig) texts.push(Buffer.from(body.data!).toString("utf8"));
      }
    }
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(again(text)).toBe(text);
  });

  it("in dynamic files, which have no version and no last newline", () => {
    const files = vectorNames("reconfig/s1/conf").filter((name) => name.includes(".dynamic."));
    expect(files.length).toBe(4);
    for (const name of files) {
      const text = vectorBytes(`reconfig/s1/conf/${name}`).toString("utf8");
      expect(memberLines(parseMembershipText(text, rules)).join("\n")).toBe(text);
    }
  });
});
