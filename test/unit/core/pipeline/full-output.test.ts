import { describe, expect, it } from "vitest";
import { OUTPUT_BYTES_FULL } from "../../../../src/core/pipeline/outbox.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { buffer, int, ustring } from "../../../../src/protocol/record.ts";
import { type Client, CoreHarness, encode } from "../../../support/core-harness.ts";

const DATA_BYTES = 400_000;
/** Replies with the data until the output is full. */
const TO_FULL = Math.ceil(OUTPUT_BYTES_FULL / DATA_BYTES);
const get = encode(ustring, "/", int, 0);
const set = (byte: number) => encode(ustring, "/", buffer, new Uint8Array(DATA_BYTES).fill(byte), int, -1);

/** A harness whose clients take nothing, with data on "/" and one client. */
function start(server: object = {}): { harness: CoreHarness; client: Client } {
  const harness = new CoreHarness({ server });
  harness.autoTake = false;
  const client = harness.connect(10_000);
  client.call(OpCode.setData, set(1));
  harness.autoPersist = false;
  return { harness, client };
}

/** First byte of the data of each reply that has come; -1 for a reply without data. */
function taken(client: Client): number[] {
  return client.frames.splice(0).map((frame) => (frame.length > DATA_BYTES ? frame[20]! : -1));
}

describe("reads of a connection that has got enough", () => {
  it("wait behind a write, until what came before was taken", () => {
    const { harness, client } = start();
    client.request(OpCode.setData, set(2));
    for (let i = 0; i < 10; i++) client.request(OpCode.getData, get);
    harness.persist();
    expect(taken(client)).toEqual([-1, ...Array(TO_FULL).fill(2)]);
    expect([...harness.full]).toEqual([client.id]);
    expect([...harness.paused]).toEqual([client.id]);
    harness.take(client.id);
    expect(taken(client)).toHaveLength(TO_FULL);
    for (let i = 0; i < 4 && harness.full.size > 0; i++) harness.take(client.id);
    expect(taken(client)).toHaveLength(10 - 2 * TO_FULL);
    expect([...harness.paused]).toEqual([]);
    expect(harness.machine.outstandingRequests).toBe(0);
  });

  it("do not see a later write of their session, which does not wait for them", () => {
    const { harness, client } = start();
    client.request(OpCode.setData, set(2));
    for (let i = 0; i < 8; i++) client.request(OpCode.getData, get);
    client.request(OpCode.setData, set(3));
    client.request(OpCode.getData, get);
    harness.persist(1);
    expect(taken(client)).toEqual([-1, ...Array(TO_FULL).fill(2)]);
    harness.persist();
    expect(taken(client)).toEqual([...Array(8 - TO_FULL).fill(2), -1]);
    harness.take(client.id);
    expect(taken(client)).toEqual([3]);
    expect(harness.machine.outstandingRequests).toBe(0);
  });

  it("are dropped with their connection, and nothing of them bothers the next one", () => {
    const { harness, client } = start();
    client.request(OpCode.setData, set(2));
    for (let i = 0; i < 8; i++) client.request(OpCode.getData, get);
    harness.persist();
    harness.drop(client.id);
    expect(harness.machine.outstandingRequests).toBe(0);
    const next = harness.open();
    next.connect(10_000, client.sessionId, client.password);
    next.request(OpCode.getData, get);
    expect(taken(next)).toEqual([2]);
  });

  it("count as a sign of life when they are taken: nothing else could be read meanwhile", () => {
    const { harness, client } = start({ sessionlessConnectionTimeoutMs: 10_000 });
    client.request(OpCode.setData, set(2));
    for (let i = 0; i < 20; i++) client.request(OpCode.getData, get);
    harness.persist();
    for (let i = 0; i < 4; i++) {
      harness.advance(8_000);
      harness.take(client.id);
    }
    expect(client.isClosed).toBe(false);
    expect(harness.eventsOf("sessionExpired")).toEqual([]);
  });
});
