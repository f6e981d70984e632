import { describe, expect, it } from "vitest";
import { PacketType } from "../../src/core/zab/packets.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { LearnerInfo, QuorumPacket } from "../../src/protocol/records/quorum.ts";
import { decodeTxn, encodeTxn } from "../../src/protocol/txn.ts";
import { zxidToHex } from "../../src/protocol/zxid.ts";
import { vectorJson } from "../support/vectors.ts";

/** Every packet that Apache servers sent each other on the quorum port, decoded and encoded to the same bytes. */

interface Packet {
  from: "dialer" | "listener";
  type: keyof typeof PacketType;
  hex: string;
  zxid?: string;
}

interface Connection {
  conn: number;
  port: "election" | "quorum";
  packets: Packet[];
}

const CAPTURES = ["static-ensemble", "reconfig-ensemble", "multiaddress"] as const;

function quorumPackets(capture: string): Packet[] {
  const connections = vectorJson<Connection[]>(`wire/${capture}.json`);
  return connections.filter(({ port }) => port === "quorum").flatMap(({ packets }) => packets);
}

function decode(hex: string): QuorumPacket {
  const bytes = Buffer.from(hex, "hex");
  const reader = new JuteReader(bytes);
  const packet = QuorumPacket.read(reader);
  expect(reader.remaining).toBe(0);
  const writer = new JuteWriter();
  QuorumPacket.write(writer, packet);
  expect(writer.bytes().toString("hex")).toBe(hex);
  return packet;
}

describe("packets between Apache servers", () => {
  const seen = new Set<string>();

  for (const capture of CAPTURES) {
    const packets = quorumPackets(capture);
    it(`${capture}: ${packets.length} quorum packets`, () => {
      for (const packet of packets) {
        seen.add(packet.type);
        const decoded = decode(packet.hex);
        expect(decoded.type).toBe(PacketType[packet.type]);
        if (packet.zxid !== undefined) expect(`0x${zxidToHex(decoded.zxid)}`).toBe(packet.zxid);
      }
    });

    it(`${capture}: proposals and informs carry the txns of the log`, () => {
      const carriers = packets.filter(({ type }) => /^(PROPOSAL|INFORM|INFORMANDACTIVATE)$/.test(type));
      for (const packet of carriers) {
        const { data, zxid } = decode(packet.hex);
        const bytes = packet.type === "INFORMANDACTIVATE" ? data!.subarray(8) : data!;
        const txn = decodeTxn(bytes);
        expect(txn.header.zxid).toBe(zxid);
        expect(Buffer.from(encodeTxn(txn)).equals(bytes)).toBe(true);
      }
    });

    it(`${capture}: learners introduce themselves`, () => {
      for (const packet of packets.filter(({ type }) => /^(FOLLOWER|OBSERVER)INFO$/.test(type))) {
        const { data } = decode(packet.hex);
        const info = LearnerInfo.decode(data!);
        expect(info.protocolVersion).toBe(0x10000);
        expect(info.serverid).toBeGreaterThan(0);
        expect(info.serverid).toBeLessThan(10);
        expect(Buffer.from(LearnerInfo.encode(info)).equals(data!)).toBe(true);
      }
    });
  }

  it("saw every type of packet", () => {
    expect([...seen].sort()).toEqual(Object.keys(PacketType).sort());
  });

  it("decodes the packets that the reference spells out", () => {
    expect(
      decode(
        "0000000b000000010000000000000014000000000000000200010000 0000000000000000ffffffff".replace(/ /g, ""),
      ),
    ).toMatchObject({
      type: 11,
      zxid: 0x1_0000_0000,
      authinfo: null,
    });
    expect(decode("0000000cffffffffffffffffffffffffffffffff")).toEqual({
      type: 12,
      zxid: -1,
      data: null,
      authinfo: null,
    });
    expect(decode("00000005000000010000000000000000ffffffff")).toMatchObject({
      type: 5,
      data: Buffer.alloc(0),
    });
    const proposal = decode(
      "00000002000000010000000100000030010000204f970000000000000000000100000001000001a1fcf45f6dfffffff6" +
        "000493e0000000020000000051c6d660ffffffff",
    );
    const txn = decodeTxn(proposal.data!);
    expect(txn.body).toEqual({ type: OpCode.createSession, timeOut: 300_000 });
    expect(txn.header.clientId.key).toBe("10000204f970000");
    expect(txn.digest?.treeDigest.toNumber()).toBe(1_371_985_504);
  });
});
