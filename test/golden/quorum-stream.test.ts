import { describe, expect, it } from "vitest";
import { Database } from "../../src/core/tree/database.ts";
import { PacketType } from "../../src/core/zab/packets.ts";
import { JuteError } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import {
  AUTHINFO_COUNT_MAX,
  packetDataBytesMax,
  QuorumStream,
  SNAPSHOT_END,
} from "../../src/protocol/quorum-stream.ts";
import { QuorumPacket } from "../../src/protocol/records/quorum.ts";
import { SnapshotDecoder } from "../../src/storage/snapshot/snapshot-decoder.ts";
import { vectorJson } from "../support/vectors.ts";

/** Learner links between Apache servers, as one stream of bytes per direction, cut at every place. */

interface Packet {
  readonly from: "dialer" | "listener";
  readonly type: keyof typeof PacketType;
  readonly hex: string;
  readonly snapshotHex?: string;
}

interface Connection {
  readonly conn: number;
  readonly port: "election" | "quorum";
  readonly packets: readonly Packet[];
}

const CAPTURES = ["static-ensemble", "reconfig-ensemble", "multiaddress"] as const;

function newDatabase(): Database {
  return new Database({ digestEnabled: true, extendedTypesEnabled: true, emulate353TTLNodes: false });
}

/** What one side of a link said, packet by packet, its data copied; a snapshot as the paths that it brought. */
class Listener {
  readonly heard: (QuorumPacket | string)[] = [];
  readonly stream = new QuorumStream();
  readonly #isDialer: boolean;
  #database = newDatabase();

  constructor(isDialer: boolean) {
    this.#isDialer = isDialer;
  }

  push(bytes: Uint8Array): void {
    this.stream.push(bytes);
    for (let next = this.stream.next(); next !== undefined; next = this.stream.next()) {
      if (next === SNAPSHOT_END) {
        this.heard.push(
          `snapshot of ${this.#database.tree.nodeCount} znodes, ${this.#database.sessions.size} sessions`,
        );
        continue;
      }
      this.heard.push({ ...next, data: next.data === null ? null : Buffer.from(next.data) });
      if (next.type !== PacketType.SNAP || !this.#isDialer) continue;
      this.#database = newDatabase();
      this.stream.expectSnapshot(new SnapshotDecoder(this.#database, { isBare: true }));
    }
  }
}

function listen(isDialer: boolean, portions: readonly Uint8Array[]): Listener["heard"] {
  const listener = new Listener(isDialer);
  for (const portion of portions) {
    // The bytes of a portion are overwritten by the next one.
    const shared = Buffer.from(portion);
    listener.push(shared);
    shared.fill(0xee);
  }
  return listener.heard;
}

describe.each(CAPTURES)("%s", (capture) => {
  const connections = vectorJson<Connection[]>(`wire/${capture}.json`).filter(
    ({ port }) => port === "quorum",
  );
  const directions = connections.flatMap(({ conn, packets }) =>
    (["dialer", "listener"] as const).map((from) => {
      const said = packets.filter((packet) => packet.from === from);
      const bytes = said.map(({ hex, snapshotHex = "" }) => Buffer.from(hex + snapshotHex, "hex"));
      return { name: `connection ${conn}, ${from}`, from, said, bytes: Buffer.concat(bytes) };
    }),
  );

  it.each(directions)("$name: every packet, from one portion", ({ from, said, bytes }) => {
    const heard = listen(from === "listener", [bytes]);
    const packets = heard.filter((item) => typeof item !== "string");
    expect(packets.map(({ type }) => type)).toEqual(said.map(({ type }) => PacketType[type]));
    packets.forEach((packet, i) => {
      expect(Buffer.from(QuorumPacket.encode(packet)).toString("hex")).toBe(said[i]!.hex);
    });
    const snapshots = said.filter(({ snapshotHex }) => snapshotHex !== undefined).length;
    expect(heard.filter((item) => typeof item === "string")).toHaveLength(snapshots);
  });

  it.each(directions)("$name: the same from bytes one by one, and cut in two", ({ from, bytes }) => {
    const whole = listen(from === "listener", [bytes]);
    const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    expect(listen(from === "listener", single)).toEqual(whole);
    for (let cut = 1; cut < bytes.length; cut += 37) {
      expect(listen(from === "listener", [bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
    }
  });
});

describe("what is no learner link", () => {
  function packet(write: (writer: JuteWriter) => void): Buffer {
    const writer = new JuteWriter();
    writer.writeInt(PacketType.REQUEST);
    writer.writeLong(-1);
    write(writer);
    return Buffer.from(writer.bytes());
  }
  const refusals: [string, Buffer, string][] = [
    ["data that is too long", packet((w) => w.writeInt(packetDataBytesMax() + 1)), "Unreasonable length"],
    ["data of negative length", packet((w) => w.writeInt(-2)), "Unreasonable length = -2"],
    [
      "too many ids",
      packet((w) => {
        w.writeInt(-1);
        w.writeInt(AUTHINFO_COUNT_MAX + 1);
      }),
      "ids in the authinfo",
    ],
    [
      "an id that is too long",
      packet((w) => {
        w.writeInt(-1);
        w.writeInt(1);
        w.writeInt(0x7fff_ffff);
      }),
      "of the id of a packet",
    ],
    ["F63: TLS", Buffer.from("16030100c8010000c40303aaaaaaaaaaaaaaaaaaaa", "hex"), "it speaks TLS"],
    ["F63: SASL", Buffer.from("5f2435013501edcc0000000000000000", "hex"), "it authenticates by SASL"],
  ];

  it.each(refusals)("%s is refused as soon as it is announced", (_, bytes, message) => {
    const stream = new QuorumStream();
    stream.push(bytes);
    expect(() => stream.next()).toThrow(message);
    const slow = new QuorumStream();
    expect(() => {
      for (const byte of bytes) {
        slow.push(Buffer.of(byte));
        slow.next();
      }
    }).toThrow(JuteError);
  });

  it("a zxid whose epoch no double holds", () => {
    const stream = new QuorumStream();
    stream.push(Buffer.from("000000027fffffffffffffffffffffffffffffff", "hex"));
    expect(() => stream.next()).toThrow(JuteError);
  });

  it("a snapshot behind which there is no signature", () => {
    const stream = new QuorumStream();
    const bytes = Buffer.from("00000000000000000000000000000000ffffffffffffffff", "hex");
    const nodes = Buffer.concat([
      bytes,
      Buffer.alloc(60),
      Buffer.from("000000012f0000000a42656e4973486572650000", "hex"),
    ]);
    stream.expectSnapshot(new SnapshotDecoder(newDatabase(), { isBare: true }));
    stream.push(nodes);
    expect(() => stream.next()).toThrow("not followed by its signature");
  });

  it.each([
    ["a negative number of sessions", "ffffffff", "-1 as the number of entries of the sessions"],
    ["more sessions than there can be", "01000001", "16777217 as the number of entries of the sessions"],
    ["text", "474554202f", "1195725856 as the number of entries of the sessions"],
    ["as many ACL lists", "00000000474554202f", "1195725856 as the number of entries of the ACL map"],
  ])("a snapshot that is none: %s", (_what, bytes, told) => {
    const stream = new QuorumStream();
    stream.expectSnapshot(new SnapshotDecoder(newDatabase(), { isBare: true }));
    stream.push(Buffer.from(bytes, "hex"));
    expect(() => stream.next()).toThrow(told);
  });
});

it("a large packet in small portions is put together without looking twice", () => {
  const data = Buffer.alloc(1_500_000, 7);
  const authinfo = Array.from({ length: 500 }, (_, i) => ({
    scheme: "digest",
    id: `user${i}:${"x".repeat(300)}`,
  }));
  const bytes = Buffer.from(QuorumPacket.encode({ type: 1, zxid: -1 as never, data, authinfo }));
  const stream = new QuorumStream();
  let heard: QuorumPacket | undefined;
  for (let at = 0; at < bytes.length; at += 7) {
    stream.push(bytes.subarray(at, at + 7));
    const next = stream.next();
    if (next !== undefined && next !== SNAPSHOT_END) heard = next;
  }
  expect(heard!.authinfo).toEqual(authinfo);
  expect(Buffer.from(heard!.data!).equals(data)).toBe(true);
});
