import { frameOf } from "../support/actor.ts";
import { Packer } from "../support/jute.ts";
import { frame } from "../support/raw-connection.ts";
import { check, create, exists, getChildren, getData, ping, request, setData } from "../support/requests.ts";
import { type Scenario, scenario } from "../support/scenario.ts";

/** Bodies that end too early or lie about their lengths, for requests that are answered -5. */
const BAD_BODIES: readonly (readonly [string, Buffer])[] = [
  ["no body", Buffer.alloc(0)],
  ["two bytes", Buffer.from([0, 0])],
  ["path only", new Packer().buffer("/t").done()],
  ["length -2", new Packer().int(-2).raw(Buffer.alloc(64)).done()],
  ["length over the frame", new Packer().int(1000).raw(Buffer.from("/t")).done()],
  ["length of 2 GiB", new Packer().int(0x7fffffff).raw(Buffer.alloc(64)).done()],
];

const READ_OPS = { exists: 3, getData: 4, getACL: 6, getChildren: 8, getChildren2: 12, getEphemerals: 103 };
const OTHER_READ_OPS = {
  getAllChildrenNumber: 104,
  addWatch: 106,
  checkWatches: 17,
  removeWatches: 18,
  sync: 9,
};
const WRITE_OPS = {
  create: 1,
  delete: 2,
  setData: 5,
  setACL: 7,
  create2: 15,
  createContainer: 19,
  createTTL: 21,
};

/** Everything that is not a request as it should be (client-protocol 1.1, 3.2, 15). */
export const MALFORMED: readonly Scenario[] = [
  ...Object.entries({ ...READ_OPS, ...OTHER_READ_OPS }).map(([name, op]) =>
    scenario(`${name}: bodies that cannot be read`, async (t) => {
      const a = await t.connect("a");
      for (const [label, body] of BAD_BODIES) {
        if (label === "path only" && [6, 9, 103, 104].includes(op)) continue;
        await a.call(request(op, `${name} with ${label}`, body));
      }
      await a.settle();
    }),
  ),
  ...Object.entries(WRITE_OPS).flatMap(([name, op]) =>
    BAD_BODIES.map(([label, body]) =>
      scenario(`${name} with ${label}`, async (t) => {
        const a = await t.connect("a");
        await a.call(request(op, `${name} with ${label}`, body));
      }),
    ),
  ),
  scenario("create with a vector of two thousand million ACLs", async (t) => {
    const a = await t.connect("a");
    const body = new Packer().buffer("/t/x").buffer("x").int(0x7fffffff).done();
    await a.call(request(1, "create", body));
  }),
  ...[0, 10, 23, 99, 108, 1000, -1, -2, 2147483647].map((op) =>
    scenario(`unknown opcode ${op} ends the connection`, async (t) => {
      const a = await t.connect("a");
      await a.call(request(op, `opcode ${op}`, getData("/t").body));
      await a.untilClosed();
    }),
  ),
  scenario("check outside a multi", async (t) => {
    const a = await t.connect("a");
    // Apache refuses past the queue and may answer the ping before it gets to closing the connection.
    const mask = (seen: string): string => seen.replace(/(err=-6) \|.*/, "$1 | the connection ends");
    await a.sendThenPing(frameOf(check("/t"), 1), "check, then ping", { mask });
  }),
  ...[-1, -2, -2147483648, 1_048_576, 2_000_000, 2147483647].map((length) =>
    scenario(`a frame of length ${length} ends the connection`, async (t) => {
      const a = await t.connect("a");
      await a.sendAndWatchEnd(new Packer().int(length).done(), `announces ${length} bytes`);
    }),
  ),
  ...[0, 1, 4, 7].map((length) =>
    scenario(`a frame of ${length} bytes cannot hold a header`, async (t) => {
      const a = await t.connect("a");
      await a.sendAndWatchEnd(frame(new Uint8Array(length)), `sends ${length} bytes`);
    }),
  ),
  scenario("the largest legal frame", async (t) => {
    const a = await t.connect("a");
    const overhead = frameOf(setData("/t", ""), 1).length - 4;
    await a.call(setData("/t", Buffer.alloc(1_048_575 - overhead, 0x61)), { as: "a frame of 1048575 bytes" });
    await a.call(getData("/t"));
  }),
  scenario("frames in many small segments", async (t) => {
    const a = await t.connect("a");
    await a.trickle([create("/t/x"), exists("/t/x")]);
  }),
  scenario("auth packets that cannot be read", async (t) => {
    const a = await t.connect("a");
    await a.sendAndWatchEnd(frame(new Packer().int(-4).int(100).int(0).int(5).done()), "auth cut short");
  }),
  scenario("a four-letter word after the handshake is a length", async (t) => {
    const a = await t.connect("a");
    await a.sendAndWatchEnd(Buffer.from("ruok"), "ruok");
  }),
  scenario("a malformed frame touches nobody else", async (t) => {
    const a = await t.connect("a");
    const b = await t.connect("b");
    await b.call(getChildren("/t", true));
    await a.sendAndWatchEnd(new Packer().int(-5).done(), "announces -5 bytes");
    await b.call(create("/t/x"));
    await b.call(ping);
  }),
];
