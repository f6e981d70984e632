import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import type { NetLink } from "../../../src/base/ports.ts";
import type { Membership } from "../../../src/core/quorum/membership.ts";
import { parseMembershipText } from "../../../src/core/quorum/membership-text.ts";
import { encodeElectionFrame, encodeInitialMessage } from "../../../src/protocol/election-wire.ts";
import {
  ElectionNetwork,
  type ElectionNetworkOptions,
} from "../../../src/server/ensemble/election-network.ts";
import { FakeNetwork } from "../../support/fake-network.ts";
import { membershipOf, PLAIN_RULES } from "../../support/membership.ts";

const THREE = membershipOf([1, 2, 3]);

let clock: VirtualClock;
let wires: FakeNetwork;
let servers: ElectionNetwork[];
/** `to<from: text`, in order of arrival. */
let arrived: string[];
let lines: string[];
let failures: string[];
/** `sid: peer`. */
let unreachable: string[];

beforeEach(() => {
  clock = new VirtualClock();
  wires = new FakeNetwork(clock);
  [servers, arrived, lines, failures, unreachable] = [[], [], [], [], []];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await clock.advance(10);
  expect(wires.links.size).toBe(0);
  expect(wires.listening).toEqual([]);
});

async function server(
  sid: number,
  committed: Membership = THREE,
  over: Partial<ElectionNetworkOptions> = {},
): Promise<ElectionNetwork> {
  const note = (level: string) => (_: object, message: string) =>
    void lines.push(`${sid} ${level}: ${message}`);
  const made = new ElectionNetwork({
    sid,
    network: wires.at(`h${sid}`),
    timer: clock,
    log: {
      debug: note("debug"),
      info: note("info"),
      warn: note("warn"),
      error: note("error"),
      fatal: note("fatal"),
    },
    connectTimeoutMs: 5000,
    readTimeoutMs: 10_000,
    bindRetries: 3,
    listensOnAllAddresses: false,
    sendsV2: false,
    received: (from, payload) => void arrived.push(`${sid}<${from}: ${Buffer.from(payload)}`),
    unreachable: (peer) => void unreachable.push(`${sid}: ${peer}`),
    failed: (error) => void failures.push(error.message),
    ...over,
  });
  servers.push(made);
  made.setView({ committed, lastSeen: null });
  await clock.runUntil(made.listen());
  return made;
}

const text = (value: string) => Buffer.from(value);
const ms = (duration: number) => clock.advance(duration);

/** Dials as somebody who is no ElectionNetwork; what comes back is put into `arrived`. */
async function dial(
  where: string,
  ...writes: Uint8Array[]
): Promise<{ link: NetLink; isClosed: () => boolean }> {
  const [host = "", port] = where.split(":");
  let isClosed = false;
  let made: NetLink | undefined;
  wires.at("elsewhere").dial(
    { to: { host, port: Number(port) }, timeoutMs: 1 },
    (link) => {
      made = link;
      for (const bytes of writes) link.write(bytes);
      return {
        received: (bytes) => void arrived.push(`test: ${Buffer.from(bytes).subarray(4)}`),
        closed: () => {
          isClosed = true;
        },
      };
    },
    () => {},
  );
  await ms(5);
  return { link: made!, isClosed: () => isClosed };
}

describe("a notification", () => {
  it("to a smaller id goes out on a link that is dialed, and answers come back on it", async () => {
    const one = await server(1);
    const three = await server(3);
    three.send(1, text("hello"));
    await ms(5);
    one.send(3, text("yes"));
    await ms(5);
    expect(arrived).toEqual(["1<3: hello", "3<1: yes"]);
    expect([wires.dials, wires.links.size]).toEqual([["h1:3888"], 2]);
  });

  it("to a larger id makes that one dial back, with no link left over", async () => {
    const one = await server(1);
    await server(3);
    one.send(3, text("hello"));
    await ms(10);
    expect(arrived).toEqual(["3<1: hello"]);
    expect([wires.dials, wires.links.size]).toEqual([["h3:3888", "h1:3888"], 2]);
  });

  it("L6: between all at once leaves one link per pair, and nobody dials again", async () => {
    const all = [await server(1), await server(2), await server(3)];
    for (const from of [1, 2, 3]) for (const to of [1, 2, 3]) all[from - 1]!.send(to, text(`from ${from}`));
    await ms(50);
    expect(wires.links.size).toBe(6);
    const expected = [1, 2, 3].flatMap((to) =>
      [1, 2, 3].filter((from) => from !== to).map((from) => `${to}<${from}: from ${from}`),
    );
    expect([...new Set(arrived)].sort()).toEqual(expected);
    expect(all.map(({ linkedPeers }) => [...linkedPeers].sort())).toEqual([
      [2, 3],
      [1, 3],
      [1, 2],
    ]);
  });

  it("waits for its link; a newer one takes its place", async () => {
    const three = await server(3);
    three.send(1, text("old"));
    await ms(5);
    three.send(1, text("new"));
    await ms(5);
    await server(1);
    three.send(1, text("newest"));
    await ms(5);
    expect(arrived).toEqual(["1<3: newest"]);
    expect(lines).toEqual(["3 warn: cannot connect to the election port of server 1: h1:3888 refused"]);
  });

  it("is sent again on a new link, until it is not true any more", async () => {
    const one = await server(1);
    const three = await server(3);
    three.send(1, text("vote"));
    await ms(5);
    const again = encodeInitialMessage(1, [{ host: "h1", port: 3888 }], 1);
    await dial("h3:3888", again);
    await ms(5);
    expect(arrived).toEqual(["1<3: vote", "1<3: vote"]);
    three.forget();
    await dial("h3:3888", again);
    await ms(5);
    expect(arrived).toHaveLength(2);
    expect(one.linkedPeers).toEqual([3]);
  });

  it("to a peer that has died is told to be in vain, also when it was on its way already", async () => {
    const one = await server(1);
    const three = await server(3);
    three.send(1, text("hello"));
    await ms(5);
    three.send(1, text("again"));
    await clock.runUntil(one.close());
    await ms(10);
    expect(unreachable).toEqual(["3: 1"]);
    expect(wires.dials).toEqual(["h1:3888", "h1:3888"]);
  });

  it("goes out on another link when nothing has come back for several of them: the way may be dead without a word", async () => {
    const three = await server(3);
    const one = await server(1);
    for (const word of ["a", "b", "c", "d", "e"]) {
      three.send(1, text(word));
      await ms(5);
    }
    expect(wires.dials).toEqual(["h1:3888", "h1:3888"]);
    expect(arrived).toEqual(["a", "b", "c", "d", "e"].map((word) => `1<3: ${word}`));
    one.send(3, text("answer"));
    await ms(5);
    for (const word of ["f", "g", "h"]) {
      three.send(1, text(word));
      await ms(5);
    }
    expect(wires.dials).toHaveLength(2);
  });

  it("to a peer that has several addresses is in vain when none answers", async () => {
    const three = await server(3, membershipOf([1, 2, 3]), {});
    three.send(2, text("hello"));
    await ms(10);
    expect(unreachable).toEqual(["3: 2"]);
    three.forget();
  });

  it("to a peer that takes nothing costs the memory of one", async () => {
    const three = await server(3);
    await server(1);
    three.send(1, text("a"));
    await ms(5);
    const link = [...wires.links].find(({ remote }) => remote === "h1:3888")!;
    link.bufferedBytes = 1_000_000;
    for (let i = 0; i < 1000; i++) three.send(1, text(`b${i}`));
    await ms(5);
    expect(arrived).toEqual(["1<3: a"]);
    expect(link.drain()).toBe(1);
    await ms(5);
    expect(arrived).toEqual(["1<3: a", "1<3: b999"]);
  });

  it("to oneself is nobody's business here, and after the end nothing is sent", async () => {
    const three = await server(3);
    three.send(3, text("me"));
    await three.close();
    three.send(1, text("late"));
    await ms(5);
    expect(wires.dials).toEqual([]);
  });
});

describe("dialing", () => {
  it("resolves names anew each time, and goes on when they do not resolve", async () => {
    const three = await server(3);
    await server(1);
    wires.unresolved.add("h1");
    for (let i = 0; i < 5; i++) {
      three.send(1, text("vote"));
      await ms(200);
    }
    expect(wires.dials).toHaveLength(5);
    expect(lines).toEqual(["3 warn: cannot connect to the election port of server 1: h1 cannot be resolved"]);
    wires.unresolved.clear();
    three.send(1, text("vote"));
    await ms(5);
    expect(arrived).toEqual(["1<3: vote"]);
  });

  it("is done once at a time for a peer", async () => {
    const three = await server(3);
    for (let i = 0; i < 10; i++) three.send(1, text("vote"));
    expect(wires.dials).toHaveLength(1);
  });

  it("tries the address of the proposed configuration when that of the committed one does not answer", async () => {
    const three = await server(3);
    const moved = parseMembershipText(
      "server.1=moved:1:2\nserver.2=h2:2888:3888\nserver.3=h3:2888:3888\nversion=5",
      PLAIN_RULES,
    );
    three.setView({ committed: THREE, lastSeen: moved });
    await server(1, moved);
    three.send(1, text("vote"));
    await ms(10);
    expect(wires.dials).toEqual(["h1:3888", "moved:2"]);
    expect(arrived).toEqual(["1<3: vote"]);
  });

  it("back goes to the address that the peer sent, then to the configured one", async () => {
    const three = await server(3);
    three.send(1, text("vote"));
    await ms(5);
    await dial("h3:3888", encodeInitialMessage(1, [{ host: "new", port: 9 }], 1));
    await dial("h3:3888", encodeInitialMessage(1, [{ host: "0.0.0.0", port: 9 }], 1));
    expect(wires.dials.slice(1)).toEqual(["h3:3888", "new:9", "h1:3888", "h3:3888", "h1:3888"]);
  });

  it("a server that nobody knows is not dialed", async () => {
    const three = await server(3);
    three.send(8, text("vote"));
    expect(wires.dials).toEqual([]);
  });

  it("that is lost on the way back is repeated with the next notification, and leaves nothing behind (F11)", async () => {
    const one = await server(1);
    await server(3);
    wires.unresolved.add("h1");
    one.send(3, text("a"));
    await ms(10);
    expect([arrived, wires.links.size]).toEqual([[], 0]);
    wires.unresolved.clear();
    one.send(3, text("b"));
    await ms(10);
    expect(arrived).toEqual(["3<1: b"]);
  });

  it("is given up when the peer has dialed meanwhile", async () => {
    const one = await server(1);
    const three = await server(3);
    three.send(1, text("from 3"));
    await ms(1);
    one.send(3, text("from 1"));
    await ms(10);
    expect(wires.dials).toEqual(["h1:3888", "h3:3888"]);
    expect(arrived.sort()).toEqual(["1<3: from 3", "3<1: from 1"]);
  });

  it("sends all own addresses where that is allowed", async () => {
    const rules = { ...PLAIN_RULES, allowsSeveralAddresses: true };
    const committed = parseMembershipText("server.1=h1:1:2|x1:1:3\nserver.3=h3:1:2", rules);
    const one = await server(1, committed, { sendsV2: true });
    expect(wires.listening).toEqual(["h1:2", "x1:3"]);
    await server(3, committed);
    one.send(3, text("vote"));
    await ms(10);
    expect(wires.dials).toEqual(["h3:2", "h1:2"]);
    expect(arrived).toEqual(["3<1: vote"]);
  });
});

describe("an accepted link", () => {
  const initial = (sid: number) => encodeInitialMessage(sid, [{ host: "elsewhere", port: 1 }], 1);

  it("of a larger id replaces an older one", async () => {
    const one = await server(1);
    one.send(2, text("vote"));
    await ms(5);
    const first = await dial("h1:3888", initial(2), encodeElectionFrame(text("a")));
    const second = await dial("h1:3888", initial(2), encodeElectionFrame(text("b")));
    expect([first.isClosed(), second.isClosed()]).toEqual([true, false]);
    expect(arrived).toEqual(["1<2: a", "test: vote", "1<2: b", "test: vote"]);
  });

  it("of an older kind, which sends its id alone, is taken too", async () => {
    await server(1);
    await dial("h1:3888", Buffer.from("0000000000000002", "hex"), encodeElectionFrame(text("a")));
    expect(arrived).toEqual(["1<2: a"]);
  });

  it("whose initial message and notification come in one piece, or in many", async () => {
    await server(1);
    const stream = Buffer.concat([initial(2), encodeElectionFrame(text("abc"))]);
    await dial("h1:3888", stream);
    await dial("h1:3888", ...[...stream].map((byte) => Buffer.from([byte])));
    expect(arrived).toEqual(["1<2: abc", "1<2: abc"]);
  });

  it.each([
    ["an unknown version", Buffer.from("fffffffffffffffe", "hex"), "an initial message of version -2"],
    ["a length of 0", encodeInitialMessage(2, [], 1), "an initial message with 0 bytes of addresses"],
    [
      "a length of 2049",
      Buffer.from("ffffffffffff0000000000000000000200000801", "hex"),
      "an initial message with 2049 bytes of addresses",
    ],
    [
      "the own id",
      initial(1),
      "it has the id of this server: a mistake in a myid file or in the configuration",
    ],
    ["an id that is not in the configuration", initial(9), "server 9 is not in the configuration"],
    [
      "TLS",
      Buffer.from("1603010200010001fc0303", "hex"),
      "it speaks TLS (sslQuorum=true there), and this server speaks plain",
    ],
  ])("with %s is closed with a line, and nothing else happens (F10)", async (_, bytes, why) => {
    await server(1);
    const { isClosed } = await dial("h1:3888", bytes);
    expect(isClosed()).toBe(true);
    expect(lines).toEqual([`1 warn: election link from dialer closed: ${why}`]);
    await dial("h1:3888", initial(2), encodeElectionFrame(text("a")));
    expect(arrived).toEqual(["1<2: a"]);
    expect(wires.dials).toHaveLength(2);
  });

  it.each([
    ["0 bytes", "00000000", "a notification of 0 bytes"],
    ["more than 512 KiB", "00080001", "a notification of 524289 bytes"],
  ])("with a frame of %s is closed with a line", async (_, hex, why) => {
    await server(1);
    const { isClosed } = await dial(
      "h1:3888",
      initial(2),
      encodeElectionFrame(text("a")),
      Buffer.from(hex, "hex"),
    );
    expect(isClosed()).toBe(true);
    expect(lines).toEqual([`1 warn: election link of server 2 closed: ${why}`]);
    expect(arrived).toEqual(["1<2: a"]);
  });

  it("on which something came that is no notification, is closed", async () => {
    const one = await server(1);
    const { isClosed } = await dial("h1:3888", initial(2), encodeElectionFrame(text("nonsense")));
    expect(isClosed()).toBe(false);
    one.endLink(2, "a notification of 8 bytes");
    one.endLink(2, "a notification of 8 bytes");
    one.endLink(77, "never heard of");
    await ms(5);
    expect(isClosed()).toBe(true);
    expect(lines).toEqual(["1 warn: election link of server 2 closed: a notification of 8 bytes"]);
  });

  it("whose dialer does not say who it is, is closed", async () => {
    await server(1);
    const { isClosed } = await dial("h1:3888", Buffer.from("ff", "hex"));
    await ms(9_990);
    expect(isClosed()).toBe(false);
    await ms(100);
    expect(isClosed()).toBe(true);
    expect(lines).toEqual([
      "1 warn: election link from dialer closed: it has not said who it is within 10000 ms",
    ]);
  });

  it("many silent ones do not keep others out", async () => {
    await server(1);
    for (let i = 0; i < 70; i++) await dial("h1:3888");
    await dial("h1:3888", initial(2), encodeElectionFrame(text("a")));
    expect(arrived).toEqual(["1<2: a"]);
    expect(wires.links.size).toBeLessThanOrEqual(2 * 65);
  });

  it("of a server outside of the configuration is taken where new members may come", async () => {
    const one = await server(1, THREE, { acceptsStrangers: true });
    const larger = await dial("h1:3888", initial(9), encodeElectionFrame(text("a")));
    one.send(9, text("answer"));
    await ms(5);
    expect(arrived).toEqual(["1<9: a", "test: answer"]);
    one.setView({ committed: membershipOf([1, 2], 7), lastSeen: null });
    await ms(5);
    expect(larger.isClosed()).toBe(false);
    await dial("h1:3888", initial(0));
    expect(wires.dials.at(-1)).toBe("elsewhere:1");
    await dial("h1:3888", initial(-1));
    expect(lines.at(-1)).toContain("server -1 is not in the configuration");
  });

  it("of servers outside of the configuration are limited", async () => {
    await server(1, THREE, { acceptsStrangers: true });
    for (let sid = 100; sid < 170; sid++) await dial("h1:3888", initial(sid));
    expect(lines).toHaveLength(6);
    expect(wires.links.size).toBe(128);
  });

  it("of servers outside of the configuration that have gone keep no others out, whatever was to be said to them", async () => {
    const one = await server(1, THREE, { acceptsStrangers: true });
    for (let sid = 100; sid < 170; sid++) {
      const { link } = await dial("h1:3888", initial(sid));
      one.send(sid, text("answer"));
      link.destroy();
      await ms(5);
      one.send(sid, text("later"));
    }
    expect(lines).toEqual([]);
    const { isClosed } = await dial("h1:3888", initial(200));
    expect(isClosed()).toBe(false);
  });

  it("of a server that leaves the configuration is closed where nobody new may come", async () => {
    const one = await server(1);
    const { isClosed } = await dial("h1:3888", initial(3), encodeElectionFrame(text("a")));
    one.setView({ committed: membershipOf([1, 2]), lastSeen: null });
    await ms(5);
    expect(isClosed()).toBe(true);
  });
});

describe("the listener", () => {
  it("tries again, and comes up when its address is there", async () => {
    wires.unbindable.add("h1:3888");
    clock.after(2500, () => wires.unbindable.clear());
    await server(1, THREE, { bindRetries: 0 });
    expect(clock.now().elapsedMs).toBe(3000);
    expect(wires.listening).toEqual(["h1:3888"]);
    expect(failures).toEqual([]);
  });

  it("gives up after the allowed tries and tells it", async () => {
    wires.unbindable.add("h1:3888");
    await server(1);
    expect(failures).toEqual(["h1:3888 cannot be bound"]);
    expect(lines).toHaveLength(3);
    expect(clock.now().elapsedMs).toBe(2000);
  });

  it("listens on every address when told to", async () => {
    const committed = parseMembershipText("server.1=elsewhere:2888:3888", PLAIN_RULES);
    const one = await server(1, committed, { listensOnAllAddresses: true });
    expect(wires.listening).toEqual(["h1:3888"]);
    expect(one.ports).toEqual([3888]);
  });

  it("moves when the own election address changes, and stays when this server is left out", async () => {
    const one = await server(1);
    const moved = (line: string) =>
      parseMembershipText(`${line}\nserver.2=h2:1:2\nserver.3=h3:1:2\nversion=5`, PLAIN_RULES);
    one.setView({ committed: moved("server.1=h1:2888:4000"), lastSeen: null });
    await ms(5);
    expect(wires.listening).toEqual(["h1:4000"]);
    one.setView({ committed: membershipOf([2, 3], 6), lastSeen: null });
    await ms(5);
    expect(wires.listening).toEqual(["h1:4000"]);
    one.setView({ committed: moved("server.1=h1:5000:4000"), lastSeen: null });
    await ms(5);
    expect(wires.listening).toEqual(["h1:4000"]);
  });

  it("that is closed while it tries, tries no more", async () => {
    wires.unbindable.add("h1:3888");
    const listening = server(1, THREE, { bindRetries: 0 });
    await Promise.resolve();
    await servers[0]!.close();
    await listening;
    wires.unbindable.clear();
    await ms(5000);
    expect(wires.listening).toEqual([]);
    expect(failures).toEqual([]);
  });
});
