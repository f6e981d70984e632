import { Buffer } from "node:buffer";
import type { Instant } from "../../src/base/ports.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { MachineEvent } from "../../src/core/machine-event.ts";
import { type ChainPlan, standaloneChain } from "../../src/core/pipeline/chains.ts";
import { ServerMachine } from "../../src/core/pipeline/server-machine.ts";
import { SERVER_OPTIONS_DEFAULT, type ServerOptions } from "../../src/core/pipeline/server-options.ts";
import type { ConnectionOpened, LogEntry } from "../../src/core/ready.ts";
import { Database } from "../../src/core/tree/database.ts";
import type { DigestMismatch } from "../../src/core/tree/tree-types.ts";
import { FrameReader } from "../../src/protocol/frame.ts";
import { decodeConnectResponse, encodeConnectRequest } from "../../src/protocol/handshake.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import type { Codec, RecordCodec } from "../../src/protocol/record.ts";
import type { ACL } from "../../src/protocol/records/data.ts";
import { ReplyHeader, WatcherEvent } from "../../src/protocol/records/proto.ts";
import type { SessionId } from "../../src/protocol/session-id.ts";
import { decodeTxn, type LoggedTxn } from "../../src/protocol/txn.ts";

/** Where the virtual clock of every harness starts. */
const START: Instant = { elapsedMs: 1_000_000, wallMs: 1_700_000_000_000 };

export const OPEN_ACL: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

type DeepPartial<T> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : DeepPartial<T[K]>;
};

export interface HarnessOptions {
  readonly server?: DeepPartial<ServerOptions>;
  readonly database?: Database;
  readonly startedAt?: Instant;
  readonly plan?: ChainPlan;
  /** False: nothing is durable before {@link CoreHarness.persist}. */
  readonly autoPersist?: boolean;
}

export interface Reply {
  readonly xid: number;
  readonly zxid: number;
  readonly err: number;
  readonly body: JuteReader;
}

export interface Event {
  readonly zxid: number;
  readonly type: number;
  readonly state: number;
  readonly path: string | null;
}

/** A server machine with a virtual clock, a virtual log and virtual sockets. */
export class CoreHarness {
  readonly machine: ServerMachine;
  readonly options: ServerOptions;
  readonly digestMismatches: DigestMismatch[] = [];
  readonly events: MachineEvent[] = [];
  /** Everything that was appended, whether durable or not. */
  readonly log: LogEntry[] = [];
  readonly paused = new Set<number>();
  /** Connections that want to hear when their output was taken. */
  readonly full = new Set<number>();
  /** False: clients take nothing before {@link CoreHarness.take}. */
  autoTake = true;
  autoPersist: boolean;
  #now: Instant;
  #persistedCount = 0;
  #connections = 0;
  readonly #clients = new Map<number, Client>();

  constructor(options: HarnessOptions = {}) {
    this.#now = options.startedAt ?? START;
    this.autoPersist = options.autoPersist ?? true;
    this.options = merge(SERVER_OPTIONS_DEFAULT, options.server ?? {}) as ServerOptions;
    const database =
      options.database ??
      new Database({
        digestEnabled: this.options.digestEnabled,
        extendedTypesEnabled: this.options.extendedTypesEnabled,
        emulate353TTLNodes: false,
        onDigestMismatch: (mismatch) => this.digestMismatches.push(mismatch),
      });
    this.machine = new ServerMachine(
      { server: this.options, database, rng: createPrng(1), startedAt: this.#now },
      options.plan ?? standaloneChain,
    );
    this.settle();
  }

  get now(): Instant {
    return this.#now;
  }

  get lastZxid(): number {
    return this.machine.database.lastProcessedZxid;
  }

  /** A connection that has not said anything. */
  open(peer: Partial<ConnectionOpened> = {}): Client {
    const client = new Client(this, ++this.#connections);
    this.#clients.set(client.id, client);
    this.machine.step(
      {
        kind: "connectionOpened",
        connection: client.id,
        peerAddress: "127.0.0.1",
        peerPort: 40_000 + client.id,
        isSecure: false,
        ...peer,
      },
      this.#now,
    );
    this.settle();
    return client;
  }

  /** A connection with a new session. */
  connect(timeoutMs = 30_000, peer: Partial<ConnectionOpened> = {}): Client {
    const client = this.open(peer);
    client.connect(timeoutMs);
    return client;
  }

  /** Gives one payload to the machine. */
  frame(connection: number, payload: Uint8Array): void {
    // The memory is overwritten afterwards, as a transport may do.
    const bytes = Buffer.from(payload);
    this.machine.step({ kind: "frame", connection, bytes }, this.#now);
    bytes.fill(0xa5);
    this.settle();
  }

  drop(connection: number): void {
    this.machine.step({ kind: "connectionClosed", connection }, this.#now);
    this.settle();
  }

  closeConnection(connection: number): void {
    this.machine.step({ kind: "closeConnection", connection }, this.#now);
    this.settle();
  }

  /** Makes the next `count` log entries durable (default: all). */
  persist(count = Number.POSITIVE_INFINITY): void {
    this.collect();
    const end = Math.min(this.log.length, this.#persistedCount + count);
    if (end === this.#persistedCount) return;
    this.#persistedCount = end;
    this.machine.step({ kind: "persisted", zxid: this.log[end - 1]!.zxid }, this.#now);
    this.collect();
  }

  /** The last zxid that is durable; 0 before the first. */
  get durableZxid(): number {
    return this.log[this.#persistedCount - 1]?.zxid ?? 0;
  }

  /** Log entries that are not durable. */
  get unpersisted(): number {
    return this.log.length - this.#persistedCount;
  }

  /** Lets time pass, with a tick at every deadline on the way. */
  advance(ms: number): void {
    const end = this.#now.elapsedMs + ms;
    for (;;) {
      const at = Math.min(end, Math.max(this.machine.nextDeadline, this.#now.elapsedMs));
      this.#moveTo(at);
      this.machine.step({ kind: "tick" }, this.#now);
      this.settle();
      if (at >= end && this.machine.nextDeadline > end) return;
    }
  }

  #moveTo(elapsedMs: number): void {
    const wallMs = this.#now.wallMs + (elapsedMs - this.#now.elapsedMs);
    this.#now = { elapsedMs, wallMs };
  }

  /** Sets the wall clock alone: what txns are stamped with. */
  setWall(wallMs: number): void {
    this.#now = { elapsedMs: this.#now.elapsedMs, wallMs };
  }

  /** Lets the clock go on without telling the machine. */
  drift(ms: number): void {
    this.#moveTo(this.#now.elapsedMs + ms);
  }

  /** The client takes what the connection has sent. */
  take(connection: number): void {
    this.full.delete(connection);
    this.machine.step({ kind: "outputTaken", connection }, this.#now);
    this.settle();
  }

  /** Performs Readys until there is nothing left to do. */
  settle(): void {
    this.collect();
    while (this.autoPersist && this.unpersisted > 0) this.persist();
  }

  collect(): void {
    const ready = this.machine.takeReady();
    this.log.push(...ready.append);
    this.events.push(...ready.events);
    for (const id of ready.pauseReading) this.paused.add(id);
    for (const id of ready.resumeReading) this.paused.delete(id);
    const seen = new Set<number>();
    for (const output of ready.output) {
      if (seen.has(output.connection)) throw new Error(`two outputs for connection ${output.connection}`);
      seen.add(output.connection);
      this.#clients.get(output.connection)!.receive(Buffer.from(output.bytes), output.isClosing);
      // As a host does whose socket took the bytes: whoever still counts on them finds them changed.
      output.bytes.fill(0xee);
      this.machine.reuse(output);
    }
    for (const id of ready.reportTaken) {
      if (this.autoTake) this.take(id);
      else this.full.add(id);
    }
  }

  /** The decoded log. */
  txns(): LoggedTxn[] {
    return this.log.map((entry) => decodeTxn(entry.bytes));
  }

  eventsOf<K extends MachineEvent["kind"]>(kind: K): Extract<MachineEvent, { readonly kind: K }>[] {
    return this.events.filter((event) => event.kind === kind) as Extract<
      MachineEvent,
      { readonly kind: K }
    >[];
  }

  /** A new machine over the database that a replay of the log gives: a restart. */
  restart(options: HarnessOptions = {}): CoreHarness {
    const database = new Database({
      digestEnabled: this.options.digestEnabled,
      extendedTypesEnabled: this.options.extendedTypesEnabled,
      emulate353TTLNodes: false,
      onDigestMismatch: (mismatch) => this.digestMismatches.push(mismatch),
    });
    for (const entry of this.log) database.replay(entry.bytes);
    return new CoreHarness({ server: this.options, startedAt: this.#now, ...options, database });
  }
}

/** The client's end of a connection: what it sent is the harness's business, what it got is here. */
export class Client {
  readonly harness: CoreHarness;
  readonly id: number;
  /** Payloads received and not taken, in order. */
  readonly frames: Buffer[] = [];
  isClosed = false;
  sessionId: SessionId = Int64.ZERO;
  password: Uint8Array = new Uint8Array(16);
  timeoutMs = 0;
  readonly #reader = new FrameReader(1 << 28);
  #xid = 0;

  constructor(harness: CoreHarness, id: number) {
    this.harness = harness;
    this.id = id;
  }

  receive(bytes: Uint8Array, isClosing: boolean): void {
    if (this.isClosed) throw new Error("output after the close");
    this.#reader.push(bytes);
    for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next())
      this.frames.push(frame);
    if (this.#reader.pendingBytes > 0) throw new Error("output that is no whole frame");
    if (isClosing) this.isClosed = true;
  }

  send(payload: Uint8Array): void {
    this.harness.frame(this.id, payload);
  }

  /** Sends a request without looking at any answer; returns its xid. */
  request(type: number, body?: Uint8Array, xid: number = ++this.#xid): number {
    const writer = new JuteWriter();
    writer.writeInt(xid);
    writer.writeInt(type);
    if (body !== undefined) writer.writeRaw(body);
    this.send(writer.take(0));
    return xid;
  }

  /** Sends a request and takes its reply, which must be the next frame. */
  call(type: number, body?: Uint8Array, xid?: number): Reply {
    this.request(type, body, xid);
    return this.reply();
  }

  callRecord<T>(type: number, codec: RecordCodec<T>, value: T, xid?: number): Reply {
    return this.call(type, codec.encode(value), xid);
  }

  /** Takes the next frame, which must be a reply. */
  reply(): Reply {
    const frame = this.frames.shift();
    if (frame === undefined) throw new Error("there is no reply");
    const body = new JuteReader(frame);
    const header = ReplyHeader.read(body);
    return { ...header, body };
  }

  /** Takes the next frame, which must be a notification. */
  event(): Event {
    const { xid, zxid, body } = this.reply();
    if (xid !== -1) throw new Error(`a reply with xid ${xid} instead of a notification`);
    return { zxid, ...WatcherEvent.read(body) };
  }

  /** Takes everything that has come and throws it away. */
  flush(): void {
    this.frames.length = 0;
  }

  connect(timeoutMs = 30_000, session: SessionId = Int64.ZERO, password?: Uint8Array): void {
    this.send(connectPayload({ timeoutMs, session, ...(password === undefined ? {} : { password }) }));
    const frame = this.frames.shift();
    if (frame === undefined) return;
    const { record } = decodeConnectResponse(frame);
    this.sessionId = record.sessionId;
    this.password = record.passwd!;
    this.timeoutMs = record.timeOut;
  }
}

export interface ConnectFields {
  readonly timeoutMs?: number;
  readonly session?: SessionId;
  readonly password?: Uint8Array | null;
  readonly lastZxidSeen?: number;
  readonly protocolVersion?: number;
  readonly hasReadOnly?: boolean;
}

export function connectPayload(fields: ConnectFields = {}): Uint8Array {
  return encodeConnectRequest(
    {
      protocolVersion: fields.protocolVersion ?? 0,
      lastZxidSeen: fields.lastZxidSeen ?? 0,
      timeOut: fields.timeoutMs ?? 30_000,
      sessionId: fields.session ?? Int64.ZERO,
      passwd: fields.password === undefined ? new Uint8Array(16) : fields.password,
      readOnly: false,
    },
    fields.hasReadOnly ?? true,
  );
}

/** Encodes values one after the other: `encode(ustring, "/a", int, 3)`. */
export function encode(...parts: unknown[]): Uint8Array {
  const writer = new JuteWriter();
  for (let i = 0; i < parts.length; i += 2) (parts[i] as Codec<unknown>).write(writer, parts[i + 1]);
  return writer.take(0);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merge(base: unknown, over: unknown): unknown {
  if (!isPlainObject(base) || !isPlainObject(over)) return over === undefined ? base : over;
  const out: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) out[key] = merge(base[key], value);
  return out;
}
