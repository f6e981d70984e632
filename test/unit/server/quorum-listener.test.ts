import { beforeEach, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import type { Network } from "../../../src/base/ports.ts";
import { QuorumListener } from "../../../src/server/ensemble/quorum-listener.ts";

const QUORUM = { host: "10.0.0.1", port: 2888 };

let clock: VirtualClock;
let events: string[];
let isTaken: boolean;
let listener: QuorumListener;

beforeEach(() => {
  clock = new VirtualClock();
  events = [];
  isTaken = false;
  const network: Network = {
    async listen({ host, port }) {
      const name = `${host ?? "*"}:${port}`;
      if (isTaken) throw new Error(`cannot listen on ${name}: the port is in use`);
      events.push(`open ${name}`);
      return { port, close: async () => void events.push(`close ${name}`) };
    },
    dial: () => expect.unreachable(),
  };
  const note = (_fields: object, message: string): void => void events.push(message);
  listener = new QuorumListener({
    network,
    timer: clock,
    log: { debug: note, info: note, warn: note, error: note, fatal: note },
    what: "quorum port",
    accepted: () => expect.unreachable(),
  });
});

it("opens and closes as it is told, and does nothing twice", async () => {
  listener.listen([QUORUM]);
  listener.listen([QUORUM]);
  await clock.advance(0);
  expect(events).toEqual(["open 10.0.0.1:2888"]);
  listener.listen([]);
  listener.listen([{ host: null, port: 2888 }]);
  await clock.advance(0);
  expect(events.slice(1)).toEqual(["close 10.0.0.1:2888", "open *:2888"]);
  await listener.close();
  expect(events.slice(3)).toEqual(["close *:2888"]);
});

it("tries again while the port is taken, and tells once", async () => {
  isTaken = true;
  listener.listen([QUORUM]);
  await clock.advance(10_000);
  expect(events).toEqual([
    "the quorum port cannot be opened, trying again every second: cannot listen on 10.0.0.1:2888: the port is in use",
  ]);
  isTaken = false;
  await clock.advance(1_000);
  expect(events.at(-1)).toBe("open 10.0.0.1:2888");
});

it("gives up when it is not wanted any more", async () => {
  isTaken = true;
  listener.listen([QUORUM]);
  await clock.advance(1_500);
  const closed = listener.close();
  isTaken = false;
  await clock.advance(10_000);
  await closed;
  expect(events).toEqual([]);
});
