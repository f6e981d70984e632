import { describe, expect, it } from "vitest";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { ustring, vector } from "../../src/protocol/record.ts";
import { zk } from "../support/core-client.ts";
import { type Client, CoreHarness, connectPayload } from "../support/core-harness.ts";
import { type CapturedExchange, clientExchanges } from "../support/vectors.ts";

/**
 * The conversations of client-protocol 14, played against our machine: same requests, same bytes back. The machine's clocks
 * are set to those of the recorded server, so ids and times need no masking. Where 3.10 differs from the recorded 3.8
 * server we follow 3.10, and the expected bytes are changed here, by name.
 */

const exchanges = new Map(clientExchanges().map((exchange) => [exchange.id, exchange]));

function exchange(id: string): CapturedExchange {
  const found = exchanges.get(id);
  if (found === undefined) throw new Error(`${id} is not in client-frames.txt`);
  return found;
}

const hex = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString("hex"));

interface Difference {
  /** Zxid that 3.10 puts into the notification's header, where 3.8 has -1. */
  readonly notificationZxid?: bigint;
  /** The body begins with names whose order is unspecified. */
  readonly hasChildren?: boolean;
}

function sortChildren(frame: Buffer): Buffer {
  const reader = new JuteReader(frame);
  reader.position = 16;
  const children = vector(ustring).read(reader)!;
  const writer = new JuteWriter();
  writer.writeRaw(frame.subarray(0, 16));
  vector(ustring).write(writer, [...children].sort());
  writer.writeRaw(frame.subarray(reader.position));
  return writer.take(0);
}

function play(client: Client, id: string, difference: Difference = {}): void {
  const { frames, isClosedByServer } = exchange(id);
  for (const frame of frames) if (frame.from === "client") client.send(frame.payload);
  let expected: Buffer[] = frames
    .filter((frame) => frame.from === "server")
    .map((frame) => Buffer.from(frame.payload));
  let actual: Buffer[] = client.frames.splice(0);
  if (difference.notificationZxid !== undefined) expected[0]!.writeBigInt64BE(difference.notificationZxid, 4);
  if (difference.hasChildren) {
    expected = expected.map(sortChildren);
    actual = actual.map(sortChildren);
  }
  expect(hex(actual), id).toEqual(hex(expected));
  expect(client.isClosed, `${id}: closed`).toBe(isClosedByServer);
}

/** Elapsed ms at which the recorded server made its first session: ids begin with 0x010000309d130000. */
const RECORDED_ELAPSED_MS = 0x309d13;
const T = 0x1a1fd044a00;

/** Wall clock ms of the recorded txns whose time shows in a Stat. */
const TIMES: Record<string, number> = {
  G5: T + 0x27,
  G6: T + 0x36,
  G7: T + 0x38,
  G8: T + 0x3b,
  G10: T + 0x44,
  G14: T + 0x48,
  G16: T + 0x4b,
  G27: T + 0x59,
};

const DIFFERENCES: Record<string, Difference> = {
  G14: { notificationZxid: 0xbn },
  G16: { notificationZxid: 0xcn },
  G18: { hasChildren: true },
  G19: { hasChildren: true },
  G20: { notificationZxid: 0xdn },
  G31: { notificationZxid: 0x13n },
};

describe("client-protocol 14, recorded on 3.8.0", () => {
  const harness = new CoreHarness({
    startedAt: { elapsedMs: RECORDED_ELAPSED_MS, wallMs: T },
    server: { tickTimeMs: 1000, extendedTypesEnabled: true },
  });
  const main = harness.open();

  it("G1: a new session", () => play(main, "G1"));

  it("G2, G3: a second one without the readOnly byte, and its end", () => {
    const second = harness.open();
    play(second, "G2");
    play(second, "G3");
  });

  for (let n = 4; n <= 42; n++) {
    const id = `G${n}`;
    it(`${id}: ${exchange(id).title}`, () => {
      if (TIMES[id] !== undefined) harness.setWall(TIMES[id]);
      play(main, id, DIFFERENCES[id]);
    });
  }

  for (const id of ["G43", "G44"]) {
    it(`${id}: ${exchange(id).title}, on a new connection`, () => play(harness.connect(), id));
  }

  it("G45: reconnect of the same session", () => {
    play(harness.open(), "G45");
    expect(main.isClosed, "the connection that had it is closed").toBe(true);
  });

  it("G46: reconnect with a wrong password; other than Apache the healthy connection stays", () => {
    play(harness.open(), "G46");
  });

  it("G47: reconnect of an expired session", () => {
    const client = harness.connect(2000);
    expect(client.sessionId.key).toBe("10000309d130004");
    harness.drop(client.id);
    harness.advance(4000);
    play(harness.open(), "G47");
  });

  it("G48: a client that has seen more than we have", () => play(harness.open(), "G48"));

  it("every digest that went into the log was right", () => {
    expect(harness.digestMismatches).toEqual([]);
    expect(harness.log.length).toBeGreaterThan(20);
  });

  // G49 and G50 are exchanges with a server that has a SASL login; they belong to the issue that brings it. G51 is a
  // read-only server that leaves its client hanging, which we do not copy (client-protocol 15 #8).
});

describe("client-protocol 14.1, recorded on 3.10.0-SNAPSHOT", () => {
  const harness = new CoreHarness({ startedAt: { elapsedMs: 1, wallMs: 0x1a1fd053bf8 } });
  const client = harness.connect();
  expect(zk.create(client, "/h", { data: Buffer.from("v0") })).toBe(0);
  expect(zk.getData(client, "/h", true)).toBe(0);

  it("G52: the header of a notification carries the zxid", () => {
    harness.setWall(0x1a1fd053c00);
    play(client, "G52");
  });

  it("G53: create2 in a multi answers with type 15 and Stat", () => {
    harness.setWall(0x1a1fd053c07);
    play(client, "G53");
  });

  it("G54: check alone is refused", () => play(harness.connect(), "G54"));

  it("G55: an event of setWatches keeps zxid -1", () => play(client, "G55"));
});

describe("what the recordings rest on", () => {
  it("a frame that is not like the recorded one fails the comparison", () => {
    const harness = new CoreHarness();
    const client = harness.open();
    client.send(connectPayload());
    expect(() => play(client, "G4")).toThrow();
  });

  it("every conversation is played, or named as left out", () => {
    const played = [...Array.from({ length: 48 }, (_, i) => `G${i + 1}`), ...["G52", "G53", "G54", "G55"]];
    const leftOut = ["G49", "G50", "G51"];
    expect([...played, ...leftOut].sort()).toEqual([...exchanges.keys()].sort());
    expect(exchange("G30").frames[0]!.payload.readInt32BE(4)).toBe(OpCode.addWatch);
  });
});
