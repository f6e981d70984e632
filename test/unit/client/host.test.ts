import { expect, it } from "vitest";
import { createPrng } from "../../../src/base/prng.ts";
import { Client } from "../../../src/client/client.ts";
import type { ClientLinkHandler, ClientPorts } from "../../../src/client/client-ports.ts";
import { resolveOptions } from "../../../src/client/options.ts";
import { ConnectResponse } from "../../../src/protocol/records/proto.ts";
import { MachineClient, SESSION_ID, SESSION_PASSWORD } from "../../support/machine-client.ts";

/** Ports whose time and network the test moves by hand. */
class ManualPorts implements ClientPorts {
  nowMs = 0;
  readonly timers = new Map<() => void, number>();
  readonly dialed: { readonly host: string; readonly handler: ClientLinkHandler; isClosed: boolean }[] = [];
  readonly #soon: (() => void)[] = [];
  readonly clock = { now: () => ({ elapsedMs: this.nowMs, wallMs: 0 }) };
  readonly rng = createPrng(1);
  readonly log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };
  readonly timer = {
    after: (delayMs: number, callback: () => void) => {
      this.timers.set(callback, this.nowMs + delayMs);
      return () => void this.timers.delete(callback);
    },
    soon: (callback: () => void) => void this.#soon.push(callback),
  };

  dial({ host }: { readonly host: string }, handler: ClientLinkHandler) {
    const link = { host, handler, isClosed: false };
    this.dialed.push(link);
    const close = (): void => {
      link.isClosed = true;
    };
    return { write: () => {}, close };
  }

  md5(bytes: Uint8Array): Uint8Array {
    return bytes;
  }

  /** Ends the turn. */
  turn(): void {
    for (const callback of this.#soon.splice(0)) callback();
  }

  /** Lets the earliest timer fire. */
  tick(): void {
    const [callback, atMs] = [...this.timers].sort(([, a], [, b]) => a - b)[0]!;
    this.nowMs = atMs;
    this.timers.delete(callback);
    callback();
  }
}

it("a client that is closed leaves no timer and no link, although it was looking for another server", async () => {
  const ports = new ManualPorts();
  const servers = ["a", "b"].map((host) => ({ host, port: 1 }));
  const options = resolveOptions({ readOnly: "allowed", serverOrder: "asListed" });
  const zk = new Client({ servers, chroot: "" }, options, ports);
  ports.turn();
  const [first] = ports.dialed;
  first!.handler.opened();
  const fields = { protocolVersion: 0, timeOut: 9000, sessionId: SESSION_ID, passwd: SESSION_PASSWORD };
  first!.handler.received(
    new MachineClient().frame((writer) => ConnectResponse.write(writer, { ...fields, readOnly: true })),
  );
  expect(zk.state).toBe("connectedReadOnly");
  ports.tick();
  expect(ports.dialed.map(({ host }) => host)).toEqual(["a", "b"]);
  expect(ports.timers.size).toBe(2);
  const closing = zk.close({ session: "keep" });
  ports.turn();
  await closing;
  expect(ports.timers.size).toBe(0);
  expect(ports.dialed.every(({ isClosed }) => isClosed)).toBe(true);
});
