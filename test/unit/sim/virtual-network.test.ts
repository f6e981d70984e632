import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import { VirtualNetwork } from "../../../sim/virtual-network.ts";
import { VirtualClocks, VirtualProcess } from "../../../sim/virtual-process.ts";
import type { NetLink, NetLinkHandler, Network } from "../../../src/base/ports.ts";
import { createPrng } from "../../../src/base/prng.ts";

/** A side of a connection that notes what it is told. */
class Side implements NetLinkHandler {
  readonly link: NetLink;
  text = "";
  portions = 0;
  closedBecause: string | undefined;
  constructor(link: NetLink) {
    this.link = link;
  }
  received(bytes: Uint8Array): void {
    this.text += new TextDecoder().decode(bytes);
    this.portions++;
  }
  closed(reason: string): void {
    expect(this.closedBecause).toBeUndefined();
    this.closedBecause = reason;
  }
  say(text: string): void {
    this.link.write(new TextEncoder().encode(text));
  }
}

class Host {
  readonly process: VirtualProcess;
  readonly network: Network;
  readonly accepted: Side[] = [];
  constructor(world: VirtualClock, net: VirtualNetwork, name: string) {
    this.process = new VirtualProcess(world, new VirtualClocks(world));
    this.network = net.attach(name, this.process);
  }
  async listen(port = 1): Promise<void> {
    await this.network.listen({ host: null, port }, (link) => {
      const side = new Side(link);
      this.accepted.push(side);
      return side;
    });
  }
}

let world: VirtualClock;
let net: VirtualNetwork;
let a: Host;
let b: Host;

beforeEach(async () => {
  world = new VirtualClock();
  net = new VirtualNetwork({ clock: world, rng: createPrng(5), giveUpMs: 5000 });
  a = new Host(world, net, "a");
  b = new Host(world, net, "b");
  await b.listen();
});

async function dial(from = a, to = "b", timeoutMs = 1000): Promise<Side | string> {
  return await world.runUntil(
    new Promise((resolve) => {
      from.network.dial(
        { to: { host: to, port: 1 }, timeoutMs },
        (link) => {
          const side = new Side(link);
          resolve(side);
          return side;
        },
        resolve,
      );
    }),
  );
}

async function pair(): Promise<[Side, Side]> {
  const side = (await dial()) as Side;
  await world.advance(50);
  return [side, b.accepted.at(-1)!];
}

describe("a connection", () => {
  it("brings bytes in order, cut at any place, after a while", async () => {
    const [near, far] = await pair();
    const words = Array.from({ length: 200 }, (_, i) => `${i},`);
    far.say("back");
    for (const word of words) {
      near.say(word);
      await world.advance(2);
    }
    await world.advance(2000);
    expect(far.text).toBe(words.join(""));
    expect(near.text).toBe("back");
    expect(far.portions).toBeGreaterThan(10);
  });

  it("is closed behind what was written", async () => {
    const [near, far] = await pair();
    near.say("last words");
    near.link.close();
    near.say("not sent");
    await world.advance(100);
    expect(far.text).toBe("last words");
    expect(far.closedBecause).toMatch(/other side/);
    expect(near.closedBecause).toMatch(/here/);
    expect(net.machine("a").connections.size).toBe(0);
  });

  it("that is destroyed is closed on both sides", async () => {
    const [near, far] = await pair();
    far.link.destroy();
    await world.advance(100);
    expect([near.closedBecause, far.closedBecause].every((reason) => reason !== undefined)).toBe(true);
    expect(net.machine("a").connections.size).toBe(0);
  });

  it("keeps what a paused reader does not take, and tells the writer", async () => {
    const [near, far] = await pair();
    far.link.pause();
    near.link.write(new Uint8Array(400_000));
    await world.advance(1000);
    expect(far.portions).toBe(0);
    expect(near.link.bufferedBytes).toBeGreaterThan(100_000);
    let isDrained = false;
    near.link.whenDrained(() => {
      isDrained = true;
    });
    far.link.resume();
    await world.advance(1000);
    expect(isDrained).toBe(true);
    expect(far.text.length).toBe(400_000);
  });
});

describe("dialing", () => {
  it("is refused where nobody listens, and times out where nobody is", async () => {
    expect(await dial(b, "a")).toMatch(/refuses/);
    net.cut("b", "a");
    expect(await dial(a, "b", 700)).toMatch(/700 ms/);
    expect(world.now().elapsedMs).toBeGreaterThanOrEqual(700);
  });

  it("can be given up", async () => {
    let told = 0;
    const cancel = a.network.dial(
      { to: { host: "b", port: 1 }, timeoutMs: 1000 },
      (link) => {
        told++;
        return new Side(link);
      },
      () => told++,
    );
    cancel();
    await world.advance(5000);
    expect(told).toBe(0);
  });

  it("a port is bound once", async () => {
    await expect(b.listen()).rejects.toThrow("in use");
  });
});

describe("faults", () => {
  it("a cut of one direction loses nothing when it ends soon", async () => {
    const [near, far] = await pair();
    net.cut("a", "b");
    near.say("late");
    far.say("in time");
    await world.advance(3000);
    expect([far.text, near.text]).toEqual(["", "in time"]);
    net.heal("a", "b");
    await world.advance(1000);
    expect(far.text).toBe("late");
  });

  it("a long cut ends the writer's side; the other side knows nothing until it writes", async () => {
    const [near, far] = await pair();
    net.cut("a", "b");
    near.say("never");
    await world.advance(20_000);
    expect(near.closedBecause).toMatch(/does not answer/);
    net.heal("a", "b");
    await world.advance(20_000);
    expect(far.closedBecause).toBeUndefined();
    far.say("anybody?");
    await world.advance(1000);
    expect(far.closedBecause).toMatch(/reset/);
  });

  it("a process that ends closes its connections; a machine without power does not", async () => {
    const [near] = await pair();
    b.process.kill();
    net.processEnded("b");
    await world.advance(100);
    expect(near.closedBecause).toMatch(/other side/);
    b = new Host(world, net, "b");
    await b.listen();
    const [next] = await pair();
    b.process.kill();
    net.powerFailed("b");
    await world.advance(60_000);
    expect(next.closedBecause).toBeUndefined();
    b = new Host(world, net, "b");
    next.say("hello?");
    await world.advance(1000);
    expect(next.closedBecause).toMatch(/reset/);
  });

  it("a reset breaks both sides", async () => {
    const [near, far] = await pair();
    net.reset("b", "a");
    await world.advance(1);
    expect([near.closedBecause, far.closedBecause]).toEqual(Array(2).fill("the connection was reset"));
  });

  it("a paused process gets everything later, in order", async () => {
    const [near, far] = await pair();
    b.process.pause();
    near.say("one");
    await world.advance(500);
    near.say("two");
    await world.advance(500);
    expect(far.text).toBe("");
    b.process.resume();
    await world.advance(1);
    expect(far.text).toBe("onetwo");
  });
});
