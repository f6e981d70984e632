import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { NetLink } from "../../../src/base/ports.ts";
import { nodeClock } from "../../../src/server/node-ports.ts";
import { MemoryNetwork } from "../../../src/testing/memory-network.ts";
import { TestTime } from "../../../src/testing/test-time.ts";

class End {
  text = "";
  reason: string | undefined;
  link: NetLink | undefined;

  attach(link: NetLink) {
    this.link = link;
    return {
      received: (bytes: Uint8Array) => {
        this.text += Buffer.from(bytes).toString();
      },
      closed: (reason: string) => {
        this.reason = this.reason === undefined ? reason : "closed twice";
      },
    };
  }
}

class World {
  readonly time = new TestTime(nodeClock);
  readonly network = new MemoryNetwork(this.time);
  readonly far: End[] = [];
  readonly failures: string[] = [];

  async listen(): Promise<void> {
    await this.network.at("b").listen({ host: null, port: 1 }, (link) => {
      this.far.push(new End());
      return this.far.at(-1)!.attach(link);
    });
  }

  dial(timeoutMs = 1000): End {
    const end = new End();
    this.network.at("a").dial(
      { to: { host: "b", port: 1 }, timeoutMs },
      (link) => end.attach(link),
      (reason) => this.failures.push(reason),
    );
    return end;
  }

  async settle(): Promise<void> {
    do await this.time.turn();
    while (!this.time.isIdle);
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function connected() {
  const world = new World();
  await world.listen();
  const near = world.dial();
  await world.settle();
  return { world, near, far: world.far[0]! };
}

describe("the network of a test ensemble", () => {
  it("carries bytes in order both ways, and the close behind them", async () => {
    const { world, near, far } = await connected();
    near.link!.write(bytes("one "));
    near.link!.write(bytes("two"));
    far.link!.write(bytes("back"));
    near.link!.close();
    await world.settle();
    expect([far.text, near.text]).toEqual(["one two", ""]);
    expect([near.reason, far.reason]).toEqual(["closed here", "the other side has closed it"]);
  });

  it("refuses where nobody listens, and twice the same port", async () => {
    const world = new World();
    world.dial();
    await world.settle();
    expect(world.failures).toEqual(["b:1 refuses connections"]);
    await world.listen();
    await expect(world.listen()).rejects.toThrow("cannot listen on b:1: the port is in use");
  });

  it("a cut holds bytes and closes back, and heals as if nothing had been", async () => {
    const { world, near, far } = await connected();
    world.network.split((host) => host);
    near.link!.write(bytes("late"));
    near.link!.close();
    const dialed = world.dial();
    await world.settle();
    expect([far.text, far.reason, dialed.link]).toEqual(["", undefined, undefined]);
    world.network.heal();
    await world.settle();
    expect(far.text).toBe("late");
    expect(far.reason).toBe("the other side has closed it");
    expect(dialed.link).toBeDefined();
  });

  it("a dial over a cut ends with its time", async () => {
    const { world } = await connected();
    world.network.split((host) => host);
    world.dial(1000);
    world.time.advance(1000);
    await world.settle();
    expect(world.failures).toEqual(["b:1 did not answer within 1000 ms"]);
  });

  it("a crash resets the links and closes the ports", async () => {
    const { world, near } = await connected();
    world.network.crash("b");
    await world.settle();
    expect(near.reason).toBe("the other side has reset it");
    world.dial();
    await world.settle();
    expect(world.failures).toEqual(["b:1 refuses connections"]);
  });

  it("a reader that pauses holds its writer back", async () => {
    const { world, near, far } = await connected();
    far.link!.pause();
    near.link!.write(bytes("x".repeat(100_000)));
    let drained = 0;
    near.link!.whenDrained(() => drained++);
    await world.settle();
    expect([near.link!.bufferedBytes, drained]).toEqual([100_000, 0]);
    far.link!.resume();
    await world.settle();
    expect([near.link!.bufferedBytes, drained, far.text.length]).toEqual([0, 1, 100_000]);
  });
});
