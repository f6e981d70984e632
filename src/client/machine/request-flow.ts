import { ErrorCode, errorName } from "../../protocol/error-code.ts";
import { JuteReader } from "../../protocol/jute-reader.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { OpCode, opName, Xid } from "../../protocol/opcode.ts";
import { ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import {
  AuthFailedError,
  KeeperError,
  leavesOutcomeOpen,
  MisuseError,
  SessionExpiredError,
  type ZooKeeperError,
} from "../errors.ts";
import { Call, CallState } from "./call.ts";
import { decodeReply, withoutChroot } from "./decode-reply.ts";
import { encodeCall, XID_AT } from "./encode-call.ts";
import type { MachineOptions } from "./machine-options.ts";
import { outcomeOf, PendingCalls } from "./pending-calls.ts";
import { WatchDesk } from "./watch-desk.ts";
import type { Watcher, WatchTable } from "./watch-registry.ts";

/** Memory that the writer starts a turn with, between these bounds, by what the last turn wrote. */
const OUTPUT_BYTES_MIN = 512;
const OUTPUT_BYTES_MAX = 256 * 1024;

const XID_MAX = 0x7fff_ffff;

/** What a reply was: one of ours, or one that concerns the connection as a whole. */
export type ReplyKind = "handled" | "auth" | "closed" | "authRequired" | "outOfOrder";

/** Calls on a connection: encodes and sends them in order, matches and decodes replies, registers their watches. */
export class RequestFlow {
  readonly calls: PendingCalls = new PendingCalls();
  readonly watches: WatchDesk;
  readonly #options: MachineOptions;
  readonly #reader: JuteReader;
  out: JuteWriter = new JuteWriter(OUTPUT_BYTES_MIN);
  lastZxid: Zxid = ZXID_ZERO;
  /** Monotonic ms of the last request: the next ping counts from it. */
  lastSentMs = 0;
  /** `err` of the reply that {@link reply} has just looked at. */
  lastErr = 0;
  #xid = 0;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.watches = new WatchDesk(options.chroot);
    this.#reader = new JuteReader(new Uint8Array(0), options.replyBytesMax);
  }

  takeOutput(): Uint8Array | null {
    const length = this.out.length;
    if (length === 0) return null;
    return this.out.take(Math.min(OUTPUT_BYTES_MAX, Math.max(OUTPUT_BYTES_MIN, length + (length >> 2))));
  }

  submit(call: Call, canSend: boolean, nowMs: number): void {
    if (!this.calls.hasRoom(this.#options.pendingCallsMax)) {
      const limit = `pendingCallsMax is ${this.#options.pendingCallsMax}`;
      this.calls.fail(call, new MisuseError(`too many calls wait for their answers (${limit}): await some`));
      return;
    }
    this.watches.prepare(call);
    const start = this.out.length;
    if (canSend) call.xid = this.#nextXid();
    const payloadBytes = encodeCall(this.out, call);
    if (payloadBytes > this.#options.requestBytesMax) {
      this.out.reset(start);
      this.calls.fail(call, tooLong(call, payloadBytes, this.#options));
    } else if (canSend) {
      this.#sent(call, nowMs);
    } else {
      call.frame = new Uint8Array(this.out.bytes().subarray(start));
      this.out.reset(start);
      this.calls.wait(call);
    }
  }

  sendWaiting(nowMs: number): void {
    for (let call = this.calls.nextWaiting(); call !== undefined; call = this.calls.nextWaiting()) {
      call.xid = this.#nextXid();
      const start = this.out.length;
      this.out.writeRaw(call.frame!);
      this.out.setInt(start + XID_AT, call.xid);
      // The persistent watch that it counted on when it was encoded may have gone, or come, while it waited.
      if (this.watches.prepare(call)) this.out.bytes()[this.out.length - 1] = call.number;
      call.frame = null;
      this.#sent(call, nowMs);
    }
  }

  #sent(call: Call, nowMs: number): void {
    this.watches.sent(call);
    this.calls.send(call);
    this.lastSentMs = nowMs;
  }

  /** A request of the machine itself whose reply is not matched by order. */
  encode(call: Call, xid: number, nowMs: number): void {
    call.xid = xid;
    encodeCall(this.out, call);
    this.lastSentMs = nowMs;
  }

  /** A request of the machine itself that takes its place in the order. */
  request(call: Call, nowMs: number): void {
    this.encode(call, this.#nextXid(), nowMs);
    this.calls.send(call);
  }

  ping(nowMs: number): void {
    this.encode(PING, Xid.ping, nowMs);
  }

  /** Puts the watches in place on a new connection. */
  reRegister(nowMs: number): void {
    for (const call of this.watches.reRegister(this.lastZxid)) this.encode(call, Xid.setWatches, nowMs);
  }

  unwatch(table: WatchTable, path: string, watcher: Watcher, canSend: boolean, nowMs: number): void {
    const isPersistent = table === "persistent" || table === "recursive";
    let isReliedOn = false;
    for (const call of this.calls.sent) {
      if (call.path !== path || call.watcher === null) continue;
      if (!isPersistent && call.watcher === watcher) call.watcher = null;
      else isReliedOn ||= call.number === 0 || !isPersistent;
    }
    if (!isPersistent)
      for (const call of this.calls.waiting)
        if (call.path === path && call.watcher === watcher) call.watcher = null;
    const removal = this.watches.unwatch(table, path, watcher, isReliedOn);
    if (removal !== undefined && canSend) this.request(removal, nowMs);
  }

  lost(reason: "reconnected" | "newSession"): void {
    this.out.reset();
    this.watches.lost(this.lastZxid, reason);
  }

  /** Takes one frame of a served connection. @throws JuteError */
  reply(frame: Uint8Array): ReplyKind {
    const reader = this.#reader;
    reader.reset(frame);
    const xid = reader.readInt();
    const zxid = reader.readZxid();
    const err = reader.readInt();
    this.lastErr = err;
    if (xid === Xid.notification) {
      const delivery = this.watches.notified(reader, zxid);
      if (delivery !== undefined) this.calls.deliver(delivery);
      return "handled";
    }
    if (zxid > this.lastZxid) this.lastZxid = zxid;
    const call = this.calls.sent.peek();
    if (xid > 0 && call !== undefined && call.xid === xid) {
      this.watches.answered(call);
      // Until its answer is read it is among those that were sent: an answer that cannot be read ends the connection, and the call with it.
      this.#answer(call, zxid, err);
      this.calls.sent.shift();
      return call.op === OpCode.closeSession ? "closed" : isAuthRequired(err) ? "authRequired" : "handled";
    }
    return this.#otherReply(xid, zxid, err);
  }

  #otherReply(xid: number, zxid: Zxid, err: number): ReplyKind {
    if (isAuthRequired(err) && xid !== Xid.auth) return "authRequired";
    switch (xid) {
      case Xid.ping:
        return "handled";
      case Xid.auth:
        return "auth";
      case Xid.setWatches:
        for (const delivery of this.watches.reRegistered()) this.calls.deliver(delivery);
        return "handled";
      default:
        return err === ErrorCode.UNIMPLEMENTED && this.#failUnknown(xid, zxid) ? "handled" : "outOfOrder";
    }
  }

  /** The reply to an operation that the server does not know overtakes others, and is followed by a close (3.2). */
  #failUnknown(xid: number, zxid: Zxid): boolean {
    for (const call of this.calls.sent) {
      if (call.xid !== xid) continue;
      this.calls.fail(call, this.errorOf(call, ErrorCode.UNIMPLEMENTED, zxid));
      return true;
    }
    return false;
  }

  #answer(call: Call, zxid: Zxid, err: number): void {
    // A call that was given up sets no watch: its events would come as a surprise.
    if (call.state === CallState.settled) return;
    call.zxid = zxid;
    if (err === ErrorCode.OK) {
      const value = decodeReply(call, this.#reader, this.#options.chroot);
      const partial = partialHint(call, value);
      if (partial !== undefined) {
        this.calls.fail(call, this.errorOf(call, ErrorCode.RUNTIMEINCONSISTENCY, zxid, partial));
        return;
      }
      if (call.watcher !== null) this.#register(call, call.op === OpCode.exists ? "data" : call.watchTable);
      if (call.op === OpCode.removeWatches) this.#forget(call);
      this.calls.succeed(call, value, zxid);
    } else if (err === ErrorCode.NONODE && call.op === OpCode.exists) {
      this.#register(call, "exist");
      this.calls.succeed(call, null, zxid);
    } else if (err === ErrorCode.NOWATCHER && call.op === OpCode.removeWatches && this.#forget(call)) {
      this.calls.succeed(call, undefined, zxid);
    } else {
      this.calls.fail(call, this.errorOf(call, err, zxid));
    }
  }

  #register(call: Call, table: WatchTable | null): void {
    const setting = this.watches.register(call, table);
    // It does not move the next ping: that is counted from what the program asks.
    if (setting !== undefined) this.encode(setting, Xid.setWatches, this.lastSentMs);
  }

  /** Forgets the local watchers of a removeWatches; false when there were none. */
  #forget(call: Call): boolean {
    const tables = call.extra as readonly WatchTable[] | null;
    if (tables === null) return false;
    const hadAny = tables.some((table) => this.watches.registry.has(table, call.path!));
    this.watches.registry.clear(tables, call.path!);
    return hadAny;
  }

  /** `hint`: instead of the code's own. */
  errorOf(call: Call, err: number, zxid: Zxid, hint?: string): ZooKeeperError {
    if (err === ErrorCode.SESSIONEXPIRED)
      return new SessionExpiredError("the server says that the session has expired", outcomeOf(call));
    if (isAuthRequired(err)) return new AuthFailedError(authRequiredMessage(err));
    const code = errorName(err) ?? (`CODE${err}` as const);
    return new KeeperError({
      code,
      codeNumber: err,
      outcome: leavesOutcomeOpen(code) ? outcomeOf(call) : "not-applied",
      path: call.path === null ? undefined : withoutChroot(call.path, this.#options.chroot),
      op: opName(call.op) ?? String(call.op),
      zxid,
      hint: err === ErrorCode.NONODE && this.#options.chroot !== "" ? chrootHint(this.#options.chroot) : hint,
    });
  }

  #nextXid(): number {
    this.#xid = this.#xid === XID_MAX ? 1 : this.#xid + 1;
    return this.#xid;
  }
}

/**
 * Why the results of a multi cannot be believed, or undefined: 3.8.0 leaves out what it does not know and answers that all is well
 * (`docs/compatibility.md`).
 */
function partialHint({ op, extra }: Call, value: unknown): string | undefined {
  if (op !== OpCode.multi && op !== OpCode.multiRead) return undefined;
  const asked = (extra as readonly unknown[]).length;
  const { length } = value as readonly unknown[];
  if (length === asked) return undefined;
  return `the server answered ${asked} operations with ${length} results: it may have left out some of them`;
}

function chrootHint(chroot: string): string {
  return `the znode or its parent does not exist below the chroot ${chroot}; ensurePath("/") creates the chroot itself`;
}

const PING = new Call(OpCode.ping, null);

function isAuthRequired(err: number): boolean {
  return err === ErrorCode.AUTHFAILED || err === ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH;
}

export function authRequiredMessage(err: number): string {
  return err === ErrorCode.AUTHFAILED
    ? "the server refused the credentials (AUTHFAILED): check the scheme, user and password"
    : "the server serves authenticated clients only (SESSIONCLOSEDREQUIRESASLAUTH): pass `auth` or `sasl`";
}

function tooLong(call: Call, payloadBytes: number, { requestBytesMax, chroot }: MachineOptions): MisuseError {
  const where = call.path === null ? "" : ` on ${withoutChroot(call.path, chroot)}`;
  return new MisuseError(
    `a ${opName(call.op)}${where} of ${payloadBytes} bytes is over the limit of ${requestBytesMax} bytes (requestBytesMax; ` +
      "the server's is jute.maxbuffer, and it would close the connection): store less in one znode, or raise both",
  );
}
