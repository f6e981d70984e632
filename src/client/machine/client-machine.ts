import { unreachable } from "../../base/invariant.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { ServerAddress } from "../connect-string.ts";
import type { ConnectionError, ZooKeeperError } from "../errors.ts";
import type { ClientState, Session } from "../types.ts";
import { Attempts } from "./attempts.ts";
import { Authentication } from "./authentication.ts";
import { type Call, CallState } from "./call.ts";
import { ConnectionLife } from "./connection-life.ts";
import type { MachineOptions } from "./machine-options.ts";
import { closedError } from "./pending-calls.ts";
import type { Input, Ready } from "./ready.ts";
import { RequestFlow } from "./request-flow.ts";

/**
 * One client's connection to an ensemble. Pure and synchronous: time comes in with each step, and what is to be done comes
 * out of {@link takeReady}. `ConnectionLife` decides about connections, `RequestFlow` about calls; this is their one face.
 */
export class ClientMachine {
  readonly #flow: RequestFlow;
  readonly #attempts: Attempts;
  readonly #auth: Authentication;
  readonly #life: ConnectionLife;

  constructor(options: MachineOptions) {
    this.#flow = new RequestFlow(options);
    this.#attempts = new Attempts(options);
    this.#auth = new Authentication(this.#flow);
    this.#life = new ConnectionLife(options, this.#flow, this.#attempts, this.#auth);
  }

  get state(): ClientState {
    return this.#life.state;
  }

  get session(): Session | undefined {
    return this.#life.session;
  }

  /** Highest zxid of any reply. */
  get lastZxid(): Zxid {
    return this.#flow.lastZxid;
  }

  /** The server of the current connection, while there is one. */
  get server(): ServerAddress | undefined {
    return this.#life.server;
  }

  get servers(): readonly ServerAddress[] {
    return this.#attempts.list.servers;
  }

  /** The last failure of each server since the last time that it worked. */
  get failures(): readonly ConnectionError[] {
    return this.#attempts.failures;
  }

  /** The error that every call gets now, once the client has ended. */
  get endError(): ZooKeeperError | undefined {
    return this.#life.endError?.("not-applied");
  }

  /** Monotonic milliseconds at which it wants a tick; Infinity when it waits for nothing. */
  get nextDeadline(): number {
    return Math.min(this.#flow.calls.nextDeadlineMs, this.#auth.nextDeadlineMs, this.#life.deadline);
  }

  step(input: Input, nowMs: number): void {
    const life = this.#life;
    switch (input.kind) {
      case "call":
        this.#submit(input, nowMs);
        break;
      case "received":
        if (input.link === life.link) life.received(input.bytes, nowMs);
        break;
      case "tick":
        this.#flow.calls.expire(nowMs, this.#attempts.lastFailure);
        this.#auth.expire(nowMs, this.#attempts.lastFailure);
        life.tick(nowMs);
        break;
      case "opened":
        if (input.link === life.link) life.opened();
        break;
      case "lost":
        if (input.link === life.link) life.lost(input.failure, nowMs);
        break;
      case "withdrawn":
        if (input.call.op === OpCode.auth && input.call.state !== CallState.settled)
          this.#auth.forget(input.call);
        this.#flow.calls.withdraw(input.call, input.reason);
        break;
      case "unwatched":
        this.#flow.unwatch(input.table, input.path, input.watcher, life.isServing, nowMs);
        break;
      case "auth":
        this.#addAuth(input.call, nowMs);
        break;
      case "probed":
        life.probed(input.server, input.isReadWrite, nowMs);
        break;
      case "servers":
        life.updateServers(input.servers, nowMs);
        break;
      case "close":
        life.close(input.keepsSession, nowMs);
        break;
      default:
        unreachable(input, "input");
    }
  }

  takeReady(): Ready {
    const life = this.#life;
    const ready = {
      output: this.#flow.takeOutput(),
      hangUp: life.hangUp,
      dial: life.dial,
      probe: life.probe,
      deliveries: this.#flow.calls.takeDeliveries(),
    };
    life.hangUp = 0;
    life.dial = null;
    life.probe = null;
    return ready;
  }

  #submit(call: Call, nowMs: number): void {
    const { endError, isClosing, canSend } = this.#life;
    if (endError !== undefined) this.#flow.calls.fail(call, endError("not-applied"));
    else if (isClosing) this.#flow.calls.fail(call, closedError("not-applied"));
    else this.#flow.submit(call, canSend, nowMs);
  }

  #addAuth(call: Call, nowMs: number): void {
    if (this.#life.endError !== undefined || this.#life.isClosing) {
      this.#submit(call, nowMs);
      return;
    }
    this.#auth.add(call);
    if (this.#life.isServing) this.#auth.send(call, nowMs);
  }
}
