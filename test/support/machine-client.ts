import { createPrng } from "../../src/base/prng.ts";
import { Call } from "../../src/client/machine/call.ts";
import { ClientMachine } from "../../src/client/machine/client-machine.ts";
import type { MachineOptions } from "../../src/client/machine/machine-options.ts";
import type { Delivery, Input, Ready } from "../../src/client/machine/ready.ts";
import { FrameReader } from "../../src/protocol/frame.ts";
import { decodeConnectRequest } from "../../src/protocol/handshake.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { ConnectResponse } from "../../src/protocol/records/proto.ts";

/** A request as the machine has sent it. */
export interface SentRequest {
  readonly xid: number;
  readonly type: number;
  readonly body: Uint8Array;
}

export const SESSION_ID = new Int64(1, 2);
export const SESSION_PASSWORD = new Uint8Array(16).fill(7);

/** The connection machine under a clock of its own, with a server that says what the test wants. */
export class MachineClient {
  readonly machine: ClientMachine;
  nowMs = 1000;
  /** Everything told, in order. */
  readonly told: Delivery[] = [];
  readonly dials: string[] = [];
  readonly hangUps: number[] = [];
  readonly probes: string[] = [];
  link = 0;
  #frames = new FrameReader(1 << 24);
  #sent: Uint8Array[] = [];

  constructor(options: Partial<MachineOptions> = {}) {
    this.machine = new ClientMachine({
      servers: [{ host: "a", port: 1 }],
      isShuffled: false,
      chroot: "",
      sessionTimeoutMs: 9000,
      session: undefined,
      allowsReadOnly: false,
      renewsSession: true,
      startSasl: undefined,
      pendingCallsMax: 1000,
      requestBytesMax: 4096,
      replyBytesMax: 65536,
      backoffInitialMs: 100,
      backoffMaxMs: 5000,
      rng: createPrng(1),
      ...options,
    });
  }

  step(input: Input): this {
    this.machine.step(input, this.nowMs);
    this.#perform(this.machine.takeReady());
    return this;
  }

  /** Moves the time to the machine's next deadline and ticks; returns how long that was. */
  tick(): number {
    const waitedMs = Math.max(0, this.machine.nextDeadline - this.nowMs);
    this.nowMs += waitedMs;
    this.step({ kind: "tick" });
    return waitedMs;
  }

  #perform(ready: Ready): void {
    if (ready.output !== null) this.#frames.push(ready.output);
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next())
      this.#sent.push(frame);
    this.told.push(...ready.deliveries);
    if (ready.hangUp !== 0) this.hangUps.push(ready.hangUp);
    if (ready.probe !== null) this.probes.push(ready.probe.host);
    if (ready.dial !== null) {
      this.dials.push(ready.dial.server.host);
      this.link = ready.dial.link;
    }
  }

  /** The frames sent since the last call, undecoded. */
  takeFrames(): Uint8Array[] {
    return this.#sent.splice(0);
  }

  takeSent(): SentRequest[] {
    return this.takeFrames().map((frame) => {
      const reader = new JuteReader(frame);
      return { xid: reader.readInt(), type: reader.readInt(), body: frame.subarray(8) };
    });
  }

  get states(): string[] {
    return this.told.flatMap((delivery) => (delivery.kind === "state" ? [delivery.state] : []));
  }

  /** Dials, opens, and returns the ConnectRequest; what was sent on the connection before is forgotten. */
  open() {
    this.tick();
    this.takeFrames();
    this.step({ kind: "opened", link: this.link });
    return decodeConnectRequest(this.takeFrames()[0]!).record;
  }

  receive(bytes: Uint8Array): this {
    return this.step({ kind: "received", link: this.link, bytes });
  }

  /** Bytes of one frame. */
  frame(write: (writer: JuteWriter) => void): Uint8Array {
    const writer = new JuteWriter();
    writer.writeInt(0);
    write(writer);
    writer.setInt(0, writer.length - 4);
    return writer.take();
  }

  accept(fields: Partial<{ timeOut: number; sessionId: Int64; readOnly: boolean }> = {}): this {
    return this.receive(
      this.frame((writer) =>
        ConnectResponse.write(writer, {
          protocolVersion: 0,
          timeOut: 9000,
          sessionId: SESSION_ID,
          passwd: SESSION_PASSWORD,
          readOnly: false,
          ...fields,
        }),
      ),
    );
  }

  refuse(): this {
    return this.accept({ timeOut: 0, sessionId: Int64.ZERO });
  }

  /** Dial, open, accept. */
  connect(): this {
    this.open();
    return this.accept();
  }

  reply(xid: number, zxid: number, err: number, body: (writer: JuteWriter) => void = () => {}): this {
    return this.receive(this.replyFrame(xid, zxid, err, body));
  }

  replyFrame(
    xid: number,
    zxid: number,
    err: number,
    body: (writer: JuteWriter) => void = () => {},
  ): Uint8Array {
    return this.frame((writer) => {
      writer.writeInt(xid);
      writer.writeLong(zxid);
      writer.writeInt(err);
      body(writer);
    });
  }

  notify(type: number, path: string, zxid = -1): this {
    return this.reply(-1, zxid, 0, (writer) => {
      writer.writeInt(type);
      writer.writeInt(3);
      writer.writeString(path);
    });
  }

  lose(kind: "lost" | "refused" = "lost"): this {
    return this.step({ kind: "lost", link: this.link, failure: { kind, message: "broke" } });
  }

  /** Submits a call and returns it. */
  call(op: number, path: string | null, fields: ConstructorParameters<typeof Call>[2] = {}): Call {
    const call = new Call(op, path, fields);
    this.step(call);
    return call;
  }
}
