import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import type { NetLink, NetLinkHandler, Network } from "../../../src/base/ports.ts";
import { Database } from "../../../src/core/tree/database.ts";
import {
  encodeAck,
  encodeBare,
  encodeCommit,
  encodeProposal,
  PacketType,
} from "../../../src/core/zab/packets.ts";
import type { PeerInput } from "../../../src/core/zab/peer-face.ts";
import type { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { QuorumStream, SNAPSHOT_END } from "../../../src/protocol/quorum-stream.ts";
import { LearnerLinks } from "../../../src/server/ensemble/learner-links.ts";
import type { LogRecord } from "../../../src/storage/log/log-format.ts";
import { FakeNetLink } from "../../support/fake-net-link.ts";
import { zx } from "../../support/storage.ts";

const BYTES_MAX = 1_000_000;

function newDatabase(): Database {
  return new Database({ digestEnabled: true, extendedTypesEnabled: true, emulate353TTLNodes: false });
}

function record(zxid: number, bytes = Buffer.from(`txn ${zxid}`)): LogRecord {
  return { zxid: zx(zxid), bytes, offset: 0, checksum: 0 };
}

/** Hands out portions whose bytes are overwritten when the next one is asked for. */
async function* portions(records: readonly LogRecord[], size: number): AsyncGenerator<readonly LogRecord[]> {
  for (let at = 0; at < records.length; at += size) {
    const portion = records.slice(at, at + size).map((each) => ({ ...each, bytes: Buffer.from(each.bytes) }));
    yield portion;
    for (const { bytes } of portion) bytes.fill(0xee);
  }
}

let clock: VirtualClock;
let inputs: PeerInput[];
let lines: string[];
let log: LogRecord[];
let holes: number[];
let dials: {
  opened: (link: NetLink) => NetLinkHandler;
  failed: (reason: string) => void;
  isGivenUp: boolean;
}[];
let links: LearnerLinks;

beforeEach(() => {
  clock = new VirtualClock();
  inputs = [];
  lines = [];
  log = [];
  holes = [];
  dials = [];
  const network: Network = {
    listen: () => expect.unreachable(),
    dial(_options, opened, failed) {
      const dial = { opened, failed, isGivenUp: false };
      dials.push(dial);
      return () => {
        dial.isGivenUp = true;
      };
    },
  };
  const note = (_fields: object, message: string): void => void lines.push(message);
  links = new LearnerLinks({
    network,
    clock,
    timer: clock,
    log: { debug: note, info: note, warn: note, error: note, fatal: note },
    step(input) {
      // The object is used again, and the bytes are the network's.
      if (input.kind !== "packet") inputs.push(input);
      else {
        const { data } = input.packet;
        inputs.push({
          ...input,
          packet: { ...input.packet, data: data === null ? null : Buffer.from(data) },
        });
      }
    },
    hasTcpKeepAlive: false,
    createDatabase: newDatabase,
    fieldBytesMax: 100_000,
    bytesMax: BYTES_MAX,
    readLog: (after, through) =>
      portions(
        log.filter(({ zxid }) => zxid > after && zxid <= through),
        3,
      ),
    logFailed: (through) => holes.push(through),
  });
});

function accept(): FakeNetLink {
  const net = new FakeNetLink();
  net.handler = links.accept(net);
  return net;
}

function dial(link = -1): FakeNetLink {
  links.dial({ link, host: "leader", port: 2888, timeoutMs: 1000 });
  const net = new FakeNetLink();
  net.handler = dials.at(-1)!.opened(net);
  return net;
}

/** The packets in what was sent. */
function packetsIn(bytes: Buffer): { type: number; zxid: number; data: string | undefined }[] {
  const stream = new QuorumStream();
  const packets = [];
  stream.push(bytes);
  for (let next = stream.next(); next !== undefined; next = stream.next()) {
    if (next === SNAPSHOT_END) throw new Error("no snapshot was sent");
    const { type, zxid, data } = next;
    packets.push({ type, zxid, data: data === null ? undefined : Buffer.from(data).toString() });
  }
  return packets;
}

/** Writes `size` bytes of itself in slices. */
function walkOf(size: number) {
  const walk = {
    written: 0,
    isAbandoned: false,
    writeNext(out: JuteWriter, bytesMax: number): boolean {
      const count = Math.min(bytesMax, size - walk.written);
      out.writeRaw(Buffer.alloc(count, "s"));
      walk.written += count;
      return walk.written === size;
    },
    abandon(): void {
      walk.isAbandoned = true;
    },
  };
  return walk;
}

describe("links", () => {
  it("are told of, with numbers that say who dialed", () => {
    accept();
    accept();
    dial(-1);
    expect(inputs).toEqual([
      { kind: "linkAccepted", link: 1, remote: "10.0.0.7:2888" },
      { kind: "linkAccepted", link: 2, remote: "10.0.0.7:2888" },
      { kind: "linkUp", link: -1 },
    ]);
  });

  it("that cannot be dialed are down", () => {
    links.dial({ link: -3, host: "leader", port: 2888, timeoutMs: 1000 });
    dials[0]!.failed("leader:2888 refuses connections");
    expect(inputs).toEqual([{ kind: "linkDown", link: -3, reason: "leader:2888 refuses connections" }]);
  });

  it("that the machine closes are not told of, and dials are given up", async () => {
    const net = accept();
    links.dial({ link: -1, host: "leader", port: 2888, timeoutMs: 1000 });
    links.close([1, -1, 77]);
    expect([net.isClosed, net.isDestroyed, dials[0]!.isGivenUp]).toEqual([true, false, true]);
    net.handler.received(encodeCommit(zx(1)));
    net.handler.closed("gone");
    await clock.advance(1);
    expect(inputs.map(({ kind }) => kind)).toEqual(["linkAccepted"]);
    expect(links.size).toBe(0);
  });

  it("that break are told of once", () => {
    const net = accept();
    net.handler.closed("the connection broke");
    expect(inputs.slice(1)).toEqual([{ kind: "linkDown", link: 1, reason: "the connection broke" }]);
    links.send([{ kind: "packet", link: 1, bytes: encodeCommit(zx(1)) }]);
    expect(net.sent).toHaveLength(0);
  });

  it("are limited in number", async () => {
    for (let i = 0; i < 1024; i++) accept().handler.received(encodeCommit(zx(1)));
    inputs = [];
    const net = accept();
    await clock.advance(1);
    expect(net.isDestroyed).toBe(true);
    expect(inputs).toEqual([]);
    expect(lines).toEqual(["refused a learner: there are 1024 connections already"]);
  });

  it("of silent strangers keep no learner out: the oldest of them goes", async () => {
    const learner = accept();
    learner.handler.received(encodeCommit(zx(1)));
    const silent = Array.from({ length: 1023 }, accept);
    inputs = [];
    const net = accept();
    await clock.advance(1);
    expect([learner, silent[0]!, silent[1]!, net].map(({ isDestroyed }) => isDestroyed)).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(inputs.map(({ kind }) => kind)).toEqual(["linkAccepted", "linkDown"]);
    expect(lines).toEqual([
      "closing the link to 10.0.0.7:2888: too many others have not said who they are either",
    ]);
  });
});

describe("what comes in", () => {
  it("is one input for each packet, whatever the portions", () => {
    const net = accept();
    const bytes = Buffer.concat([encodeProposal(zx(5), Buffer.from("five")), encodeCommit(zx(5))]);
    expect(bytes.length).toBeLessThan(1024);
    for (const byte of bytes) net.handler.received(Buffer.of(byte));
    net.handler.received(encodeCommit(zx(6)));
    const packets = inputs.flatMap((input) => (input.kind === "packet" ? [input] : []));
    expect(packets.map(({ link, packet }) => [link, packet.type, packet.zxid])).toEqual([
      [1, PacketType.PROPOSAL, 5],
      [1, PacketType.COMMIT, 5],
      [1, PacketType.COMMIT, 6],
    ]);
    expect(Buffer.from(packets[0]!.packet.data!).toString()).toBe("five");
  });

  it("may be long once the learner has said who it is, and not before: half packets of strangers must not fill the memory", async () => {
    const long = encodeProposal(zx(1), Buffer.alloc(1025));
    const learner = accept();
    learner.handler.received(encodeCommit(zx(1)));
    learner.handler.received(long);
    expect(learner.isDestroyed).toBe(false);
    const leader = dial();
    leader.handler.received(long);
    expect(leader.isDestroyed).toBe(false);
    const stranger = accept();
    stranger.handler.received(long.subarray(0, 16));
    expect(stranger.isDestroyed).toBe(true);
    expect(lines.join()).toContain("Unreasonable length = 1025 of the data of a packet (limit 1024 bytes)");
  });

  it("is a closed link and one line when it is nonsense", async () => {
    const net = accept();
    net.handler.received(Buffer.from("GET / HTTP/1.1\r\nHost: leader\r\n\r\n"));
    expect(net.isDestroyed).toBe(true);
    expect(inputs).toHaveLength(1);
    await clock.advance(0);
    expect(inputs[1]).toMatchObject({ kind: "linkDown", link: 1 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^closing the link to 10\.0\.0\.7:2888: Unreasonable length/);
    net.handler.closed("closed");
    expect(inputs).toHaveLength(2);
  });

  it("is a database when a leader sends a snapshot", async () => {
    const source = newDatabase();
    const leader = accept();
    links.send([
      { kind: "packet", link: 1, bytes: encodeBare(PacketType.SNAP, zx(0x2_0000_0007)) },
      { kind: "snapshot", link: 1, walk: { ...walk(source), abandon() {} } },
      { kind: "packet", link: 1, bytes: encodeCommit(zx(0x2_0000_0008)) },
    ]);
    await clock.advance(0);
    const learner = dial(-1);
    inputs.length = 0;
    for (const byte of leader.sent) learner.handler.received(Buffer.of(byte));
    expect(inputs.map(({ kind }) => kind)).toEqual(["packet", "snapshotReceived", "packet"]);
    const { database } = inputs[1] as Extract<PeerInput, { kind: "snapshotReceived" }>;
    expect(database.lastProcessedZxid).toBe(0x2_0000_0007);
    expect(database.tree.nodeCount).toBe(source.tree.nodeCount);
    expect(database).not.toBe(source);
  });

  it("is a closed link when the snapshot is none", async () => {
    const learner = dial(-1);
    learner.handler.received(encodeBare(PacketType.SNAP, zx(7)));
    learner.handler.received(Buffer.from("00000000000000008000000000", "hex"));
    await clock.advance(0);
    expect(inputs.at(-1)).toMatchObject({ kind: "linkDown", link: -1 });
    expect(lines[0]).toContain("its snapshot cannot be read");
  });

  it("is only a packet when a learner sends SNAP", () => {
    const net = accept();
    net.handler.received(encodeBare(PacketType.SNAP, zx(7)));
    net.handler.received(encodeCommit(zx(8)));
    expect(inputs.map(({ kind }) => kind)).toEqual(["linkAccepted", "packet", "packet"]);
  });

  function walk(database: Database) {
    const source = database.snapshotSource();
    return { writeNext: (out: JuteWriter, bytesMax: number) => source.writeNext(out, bytesMax) };
  }
});

describe("what is sent", () => {
  it("keeps its order, also behind a snapshot that is still being made", async () => {
    const net = accept();
    net.takesAtOnce = false;
    const walk = walkOf(2_000_000);
    links.send([
      { kind: "packet", link: 1, bytes: encodeBare(PacketType.SNAP, zx(9)) },
      { kind: "snapshot", link: 1, walk },
      { kind: "packet", link: 1, bytes: encodeCommit(zx(10)) },
    ]);
    links.sendDurable([{ link: 1, bytes: encodeAck(zx(11)) }]);
    await clock.advance(0);
    // It is not made ahead of the network.
    expect(walk.written).toBeLessThan(500_000);
    while (walk.written < 2_000_000) {
      net.take();
      await clock.advance(0);
      expect(net.bufferedBytes).toBeLessThan(500_000);
    }
    net.take();
    const signature = Buffer.from("\0\0\0\nBenWasHere");
    expect(net.sent.length).toBe(20 + 2_000_000 + signature.length + 40);
    expect(net.sent.subarray(20 + 2_000_000, -40).equals(signature)).toBe(true);
    expect(packetsIn(net.sent.subarray(-40)).map(({ zxid }) => zxid)).toEqual([10, 11]);
    expect(walk.isAbandoned).toBe(false);
  });

  it("makes one slice of a snapshot per turn", async () => {
    accept();
    const walk = walkOf(1_000_000);
    links.send([{ kind: "snapshot", link: 1, walk }]);
    let turns = 0;
    while (clock.runNext()) turns++;
    // The first slice at once; the last turn tells that it is done.
    expect(turns).toBe(Math.ceil(1_000_000 / 65536));
    expect(inputs.at(-1)).toEqual({ kind: "snapshotSent", link: 1 });
    expect(walk.written).toBe(1_000_000);
  });

  it("lets go of a snapshot when the link ends, whoever ends it", async () => {
    const walks = [walkOf(5_000_000), walkOf(5_000_000), walkOf(5_000_000)];
    for (const [i, walk] of walks.entries()) {
      accept();
      links.send([{ kind: "snapshot", link: i + 1, walk }]);
      links.send([{ kind: "snapshot", link: i + 1, walk: walkOf(10) }]);
    }
    await clock.runNext();
    links.close([1]);
    links.closeAll();
    const late = walkOf(10);
    links.send([{ kind: "snapshot", link: 2, walk: late }]);
    expect([...walks, late].map(({ isAbandoned }) => isAbandoned)).toEqual([true, true, true, true]);
    const written = walks.map(({ written }) => written);
    while (clock.runNext());
    expect(walks.map(({ written }) => written)).toEqual(written);
  });

  it("is PROPOSAL and COMMIT for each record of the log", async () => {
    log = [
      record(1),
      record(2),
      record(3),
      record(3),
      record(4),
      record(0x1_0000_0001),
      record(0x1_0000_0002),
    ];
    const net = accept();
    links.send([
      { kind: "packet", link: 1, bytes: encodeBare(PacketType.DIFF, zx(0x1_0000_0001)) },
      { kind: "log", link: 1, after: zx(2), through: zx(0x1_0000_0001) },
      { kind: "packet", link: 1, bytes: encodeCommit(zx(0x1_0000_0002)) },
    ]);
    await clock.advance(0);
    const expected = [3, 4, 0x1_0000_0001].flatMap((zxid) => [
      { type: PacketType.PROPOSAL, zxid, data: `txn ${zxid}` },
      { type: PacketType.COMMIT, zxid, data: undefined },
    ]);
    const packets = packetsIn(net.sent);
    expect(packets.slice(1, -1)).toEqual(expected);
    expect([packets[0]!.type, packets.at(-1)!.zxid]).toEqual([PacketType.DIFF, 0x1_0000_0002]);
  });

  it("reads no more of the log than the network takes", async () => {
    log = Array.from({ length: 100 }, (_, i) => record(i + 1, Buffer.alloc(50_000, i)));
    const net = accept();
    net.takesAtOnce = false;
    links.send([{ kind: "log", link: 1, after: zx(0), through: zx(100) }]);
    for (let i = 0; i < 200 && net.sent.length < 100 * 50_040; i++) {
      await clock.advance(0);
      expect(net.bufferedBytes).toBeLessThan(600_000);
      net.take();
    }
    expect(packetsIn(net.sent)).toHaveLength(200);
  });

  it.each([
    ["a gap", [record(1), record(2), record(4)], "0x4 follows 0x2"],
    ["a missing end", [record(1), record(2), record(3)], "it ends at 0x3"],
  ])("closes the link at %s of the log", async (_, records, reason) => {
    log = records;
    const net = accept();
    links.send([{ kind: "log", link: 1, after: zx(0), through: zx(4) }]);
    await clock.advance(0);
    expect(net.isDestroyed).toBe(true);
    expect(holes).toEqual([4]);
    expect(inputs.at(-1)).toMatchObject({ kind: "linkDown", link: 1 });
    expect(lines).toEqual([
      `closing the link to 10.0.0.7:2888: the own log does not reach from 0x0 to 0x4: ${reason}`,
    ]);
  });

  it("closes a link that does not read, at the limit, and no other", async () => {
    const slow = accept();
    const quick = accept();
    slow.takesAtOnce = false;
    const bytes = encodeProposal(zx(1), Buffer.alloc(99_980));
    for (let i = 0; i < 11; i++) {
      links.send([
        { kind: "packet", link: 1, bytes },
        { kind: "packet", link: 2, bytes },
      ]);
    }
    await clock.advance(0);
    expect([slow.isDestroyed, quick.isDestroyed]).toEqual([true, false]);
    expect(quick.sent.length).toBe(11 * 100_000);
    expect(inputs.at(-1)).toMatchObject({ kind: "linkDown", link: 1 });
    expect(lines[0]).toContain(`bytes wait for it to read (limit ${BYTES_MAX} bytes)`);
  });

  it("closes a learner for which too much gathers behind its snapshot", async () => {
    const net = accept();
    net.takesAtOnce = false;
    const walk = walkOf(5_000_000);
    links.send([{ kind: "snapshot", link: 1, walk }]);
    await clock.advance(0);
    for (let i = 0; i < 11; i++) {
      links.send([{ kind: "packet", link: 1, bytes: encodeProposal(zx(1), Buffer.alloc(99_980)) }]);
    }
    expect([net.isDestroyed, walk.isAbandoned]).toEqual([true, true]);
  });
});
