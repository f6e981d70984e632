import { describe, expect, it } from "vitest";
import type { GapEvent, WatchEvent } from "../../../src/client/types.ts";
import { Watch } from "../../../src/client/watch.ts";

const event = (n: number): WatchEvent => ({ type: "dataChanged", path: `/${n}`, zxid: undefined });

describe("Watch", () => {
  it("hands over what came before anybody listened, to a callback or an iterator", async () => {
    const called: (WatchEvent | GapEvent)[] = [];
    const byCallback = new Watch("/");
    byCallback.deliver(event(1));
    byCallback.on((e) => called.push(e));
    byCallback.deliver(event(2));
    expect(called).toEqual([event(1), event(2)]);
    const iterated = new Watch("/");
    iterated.deliver(event(1));
    const iterator = iterated[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: event(1) });
  });

  it("wakes readers in order, and ends them", async () => {
    const watch = new Watch("/");
    const iterator = watch[Symbol.asyncIterator]();
    const reads = [iterator.next(), iterator.next(), iterator.next()];
    watch.deliver(event(1));
    watch.deliver(event(2));
    await watch.close();
    expect(await Promise.all(reads)).toEqual([
      { done: false, value: event(1) },
      { done: false, value: event(2) },
      { done: true, value: undefined },
    ]);
    watch.deliver(event(3));
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("events that came before the end are still read after it", async () => {
    const watch = new Watch("/");
    watch.deliver(event(1));
    watch.end();
    const seen: unknown[] = [];
    for await (const e of watch) seen.push(e);
    expect(seen).toEqual([event(1)]);
  });

  it("a reader that is too slow gets a gap, and memory stays bounded", async () => {
    const watch = new Watch("/a");
    for (let i = 0; i < 25_000; i++) watch.deliver(event(i));
    const first = await watch[Symbol.asyncIterator]().next();
    expect(first.value).toEqual({ type: "gap", path: "/a", reason: "overflow", afterZxid: undefined });
  });

  it("unregisters once, however it ends", async () => {
    let times = 0;
    const watch = new Watch("/");
    watch.begin(() => times++);
    watch.deliver(event(1));
    for await (const _ of watch) break;
    await watch.close();
    await watch[Symbol.asyncDispose]();
    expect(times).toBe(1);
    const early = new Watch("/");
    early.end();
    early.begin(() => times++);
    expect(times).toBe(2);
  });
});
