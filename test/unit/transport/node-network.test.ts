import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { NetLink, NetListener } from "../../../src/base/ports.ts";
import { createNodeNetwork } from "../../../src/transport/node-network.ts";
import { Changes } from "../../support/changes.ts";
import { UnknownNames } from "../../support/unknown-names.ts";

const HOST = "127.0.0.1";
const network = createNodeNetwork();
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A link, what it has received, and how it ended. */
class End {
  link!: NetLink;
  text = "";
  reason: string | undefined;
  readonly #changes = new Changes();

  serve(link: NetLink) {
    this.link = link;
    ends.push(() => link.destroy());
    this.#changes.note();
    return {
      received: (bytes: Uint8Array) => {
        this.text += Buffer.from(bytes).toString("latin1");
        this.#changes.note();
      },
      closed: (reason: string) => {
        expect(this.reason).toBeUndefined();
        this.reason = reason;
        this.#changes.note();
      },
    };
  }

  /** Resolves when the condition holds; the test's own deadline is the limit. */
  until(condition: (end: End) => boolean): Promise<void> {
    return this.#changes.until(() => condition(this));
  }
}

async function listen(accepted: End[] = []): Promise<{ listener: NetListener; accepted: End[] }> {
  const listener = await network.listen({ host: HOST, port: 0 }, (link) => {
    const end = new End();
    accepted.push(end);
    return end.serve(link);
  });
  ends.push(() => listener.close());
  return { listener, accepted };
}

function dial(port: number, timeoutMs = 5_000): Promise<End> {
  return new Promise((resolve, reject) => {
    const end = new End();
    network.dial(
      { to: { host: HOST, port }, timeoutMs },
      (link) => {
        const handler = end.serve(link);
        resolve(end);
        return handler;
      },
      (reason) => reject(new Error(reason)),
    );
  });
}

async function pair(): Promise<{ dialed: End; accepted: End }> {
  const { listener, accepted } = await listen();
  const dialed = await dial(listener.port);
  dialed.link.write(Buffer.from("hello"));
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await accepted[0]!.until(({ text }) => text === "hello");
  return { dialed, accepted: accepted[0]! };
}

/** A server that counts what each of its reads brought. */
function rawServer(onSocket: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  return new Promise((resolve) => {
    const server = createServer({ noDelay: true }, (socket) => {
      ends.push(() => socket.destroy());
      socket.on("error", () => {});
      onSocket(socket);
    });
    ends.push(() => new Promise((done) => server.close(done)));
    server.listen(0, HOST, () => resolve({ server, port: (server.address() as { port: number }).port }));
  });
}

describe("a link", () => {
  it("carries bytes both ways, in order", async () => {
    const { dialed, accepted } = await pair();
    expect(dialed.link.remote).toBe(`${HOST}:${Number(dialed.link.remote.split(":")[1])}`);
    expect(accepted.link.remote).toMatch(/^127\.0\.0\.1:\d+$/);
    for (const part of ["a", "bc", "", "def"]) accepted.link.write(Buffer.from(part));
    await dialed.until(({ text }) => text === "abcdef");
    expect(dialed.link.bufferedBytes).toBe(0);
  });

  it("sends what one turn wrote in one write", async () => {
    let reads = 0;
    let bytes = 0;
    const { port } = await rawServer((socket) => {
      socket.on("data", (data) => {
        reads++;
        bytes += data.length;
      });
    });
    const { link } = await dial(port);
    for (let i = 0; i < 1000; i++) link.write(Buffer.alloc(20, i));
    expect(link.bufferedBytes).toBe(20_000);
    await new Promise<void>((resolve) => link.whenDrained(resolve));
    while (bytes < 20_000) await new Promise((resolve) => setImmediate(resolve));
    expect(reads).toBeLessThanOrEqual(3);
  });

  it("hands large writes over in parts, in order", async () => {
    const { dialed, accepted } = await pair();
    const parts = Array.from({ length: 20 }, (_, i) => Buffer.alloc(50_000, 65 + i));
    for (const part of parts) accepted.link.write(part);
    await dialed.until(({ text }) => text.length === 1_000_000);
    expect(dialed.text).toBe(parts.map((part) => part.toString("latin1")).join(""));
  });

  it("keeps what waits for the other side apart from what is written later, on this link or another", async () => {
    const [slow, other] = [await pair(), await pair()];
    slow.accepted.link.pause();
    const expected: string[] = ["hello"];
    for (let turn = 0; slow.dialed.link.bufferedBytes === 0 || turn < 100; turn++) {
      const parts = Array.from({ length: 3 }, (_, i) => `${turn}.${i} `.repeat(1_000 + i));
      for (const part of parts) slow.dialed.link.write(Buffer.from(part));
      expected.push(...parts);
      for (const part of ["other", " ", "link"]) other.dialed.link.write(Buffer.from(part.repeat(2_000)));
      slow.dialed.link.flush();
      other.dialed.link.flush();
    }
    slow.accepted.link.resume();
    const text = expected.join("");
    await slow.accepted.until((end) => end.text.length >= text.length);
    expect(slow.accepted.text === text).toBe(true);
  });

  it("close sends what was written, and both sides are told once", async () => {
    const { dialed, accepted } = await pair();
    dialed.link.write(Buffer.alloc(300_000, 120));
    dialed.link.close();
    dialed.link.write(Buffer.from("too late"));
    await accepted.until(({ reason }) => reason !== undefined);
    await dialed.until(({ reason }) => reason !== undefined);
    expect(accepted.text.length).toBe(5 + 300_000);
    expect(accepted.reason).toBe("the connection is closed");
  });

  it("destroy ends it at once", async () => {
    const { dialed, accepted } = await pair();
    accepted.link.destroy();
    await dialed.until(({ reason }) => reason !== undefined);
    await accepted.until(({ reason }) => reason !== undefined);
    accepted.link.write(Buffer.from("nothing"));
    expect(accepted.link.bufferedBytes).toBe(0);
  });

  it("pause holds the other side back, and whenDrained tells when it goes on", async () => {
    const { dialed, accepted } = await pair();
    accepted.link.pause();
    let isDrained = false;
    for (let i = 0; i < 400; i++) dialed.link.write(Buffer.alloc(64 * 1024));
    dialed.link.whenDrained(() => {
      isDrained = true;
    });
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(isDrained).toBe(false);
    expect(dialed.link.bufferedBytes).toBeGreaterThan(1_000_000);
    accepted.link.resume();
    await accepted.until(({ text }) => text.length === 5 + 400 * 64 * 1024);
    while (!isDrained) await new Promise((resolve) => setImmediate(resolve));
  });

  it("whenDrained calls back when there is nothing to wait for, but never on a closed link", async () => {
    const { dialed } = await pair();
    await new Promise<void>((resolve) => dialed.link.whenDrained(resolve));
    dialed.link.destroy();
    await dialed.until(({ reason }) => reason !== undefined);
    dialed.link.whenDrained(() => expect.unreachable());
    await new Promise((resolve) => setImmediate(resolve));
  });

  it("tells why it broke", async () => {
    const { port } = await rawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const end = await dial(port);
    end.link.write(Buffer.from("x"));
    await end.until(({ reason }) => reason !== undefined);
    expect(end.reason).toContain("ECONNRESET");
  });

  it("a peer that only ends its side is closed", async () => {
    const { listener, accepted } = await listen();
    const socket = connect({ host: HOST, port: listener.port, allowHalfOpen: true });
    socket.on("error", () => {});
    socket.end("bye");
    while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await accepted[0]!.until(({ reason }) => reason !== undefined);
    expect(accepted[0]!.text).toBe("bye");
    socket.destroy();
  });
});

describe("dial", () => {
  it("fails with a sentence when nobody listens", async () => {
    const { listener } = await listen();
    await listener.close();
    await expect(dial(listener.port)).rejects.toThrow(`${HOST}:${listener.port} refuses connections`);
  });

  it("fails when the name is unknown", async () => {
    using _names = new UnknownNames();
    const failed = new Promise<string>((resolve) => {
      network.dial(
        { to: { host: "no-such-host.invalid", port: 1 }, timeoutMs: 5_000 },
        () => expect.unreachable(),
        resolve,
      );
    });
    await expect(failed).resolves.toBe("the name of no-such-host.invalid:1 cannot be resolved");
  });

  it("calls nobody when it is given up", async () => {
    const { listener, accepted } = await listen();
    const giveUp = network.dial(
      { to: { host: HOST, port: listener.port }, timeoutMs: 5_000 },
      () => expect.unreachable(),
      () => expect.unreachable(),
    );
    giveUp();
    // A link dialed afterwards arrives, so the other one would have.
    await dial(listener.port);
    while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("listen", () => {
  it("says which port is taken", async () => {
    const { listener } = await listen();
    await expect(
      network.listen({ host: HOST, port: listener.port }, () => expect.unreachable()),
    ).rejects.toThrow(`cannot listen on ${HOST}:${listener.port}: the port is in use`);
  });

  it("takes over a port whose connections still linger", async () => {
    const { listener, accepted } = await listen();
    const dialed = await dial(listener.port);
    while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
    // This side closes first, so its end of the connection waits in TIME_WAIT.
    accepted[0]!.link.close();
    await dialed.until(({ reason }) => reason !== undefined);
    await listener.close();
    const again = await network.listen({ host: HOST, port: listener.port }, () => expect.unreachable());
    expect(again.port).toBe(listener.port);
    await again.close();
  });
});
