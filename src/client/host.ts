import type { ClientLink, ClientPorts } from "./client-ports.ts";
import type { ServerAddress } from "./connect-string.ts";
import type { Call } from "./machine/call.ts";
import type { ClientMachine } from "./machine/client-machine.ts";
import type { Delivery, Input } from "./machine/ready.ts";
import type { ClientState, GapEvent, WatchEvent } from "./types.ts";

/** How long a server may take to answer `isro`. */
const PROBE_MS = 5_000;

/** Told what the program has to know beside its own calls and watches. */
export interface HostObserver {
  state(state: ClientState): void;
  session(): void;
}

/**
 * Drives the machine. What the program asks for during one turn leaves in one write at its end; what arrives is stepped and
 * told at once. It arms one timer, for the machine's next deadline.
 */
export class Host {
  readonly #machine: ClientMachine;
  readonly #ports: ClientPorts;
  readonly #observer: HostObserver;
  readonly #turn = (): void => this.#endTurn();
  #link: ClientLink | undefined;
  #linkNumber = 0;
  #isTurnDue = false;
  #nowMs = -1;
  #tickAtMs = Number.POSITIVE_INFINITY;
  #cancelTick: (() => void) | undefined;
  /** Gives the probe that is under way up. */
  #endProbe: (() => void) | undefined;

  constructor(machine: ClientMachine, ports: ClientPorts, observer: HostObserver) {
    this.#machine = machine;
    this.#ports = ports;
    this.#observer = observer;
  }

  /** Monotonic milliseconds; one reading serves a turn. */
  get nowMs(): number {
    if (this.#nowMs < 0) this.#nowMs = this.#ports.clock.now().elapsedMs;
    this.#endTurnSoon();
    return this.#nowMs;
  }

  /** Something the program wants; performed at the end of this turn. */
  step(input: Input): void {
    this.#machine.step(input, this.nowMs);
  }

  #endTurnSoon(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#ports.timer.soon(this.#turn);
  }

  /** Something from outside; performed at once. */
  #arrived(input: Input): void {
    this.#machine.step(input, this.#ports.clock.now().elapsedMs);
    this.#perform();
  }

  #endTurn(): void {
    this.#isTurnDue = false;
    this.#perform();
  }

  #perform(): void {
    this.#nowMs = -1;
    const ready = this.#machine.takeReady();
    if (ready.output !== null) this.#link?.write(ready.output);
    if (ready.hangUp !== 0 && ready.hangUp === this.#linkNumber) {
      this.#link?.close();
      this.#link = undefined;
    }
    const { deliveries } = ready;
    for (let i = 0; i < deliveries.length; i++) this.#deliver(deliveries[i]!);
    if (ready.dial !== null) this.#dial(ready.dial.link, ready.dial.server);
    if (ready.probe !== null) this.#ask(ready.probe);
    this.#armTick();
  }

  #deliver(delivery: Delivery): void {
    switch (delivery.kind) {
      case "call":
        settle(delivery);
        break;
      case "event":
        for (const watcher of delivery.watchers)
          tell(watcher as (event: WatchEvent | GapEvent) => void, delivery.event);
        break;
      case "state":
        this.#observer.state(delivery.state);
        break;
      case "session":
        this.#observer.session();
        break;
      case "notice":
        this.#ports.log[delivery.level]({}, delivery.message);
        break;
    }
  }

  #dial(link: number, server: ServerAddress): void {
    this.#link?.close();
    this.#linkNumber = link;
    this.#link = this.#ports.dial(server, {
      opened: () => this.#arrived({ kind: "opened", link }),
      received: (bytes) => this.#arrived({ kind: "received", link, bytes }),
      closed: (failure) => this.#arrived({ kind: "lost", link, failure }),
    });
  }

  /** `isro` on a connection of its own: `rw`, `ro`, `null`, or nothing. */
  #ask(server: ServerAddress): void {
    this.#endProbe?.();
    let answer = "";
    const end = (): void => {
      cancel();
      link.close();
      this.#endProbe = undefined;
    };
    const done = (): void => {
      end();
      this.#arrived({ kind: "probed", server, isReadWrite: answer === "rw" });
    };
    const cancel = this.#ports.timer.after(PROBE_MS, done);
    const link = this.#ports.dial(server, {
      opened: () => link.write(ISRO),
      received: (bytes) => {
        answer += String.fromCharCode(...bytes.subarray(0, 16));
        if (answer === "rw") done();
      },
      closed: done,
    });
    this.#endProbe = end;
  }

  /** The timer stays when the deadline moves back: an early tick costs less than a timer per turn. */
  #armTick(): void {
    const atMs = this.#machine.nextDeadline;
    if (atMs === this.#tickAtMs || (atMs > this.#tickAtMs && atMs !== Number.POSITIVE_INFINITY)) return;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#tickAtMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) {
      this.#endProbe?.();
      return;
    }
    const nowMs = this.#ports.clock.now().elapsedMs;
    this.#cancelTick = this.#ports.timer.after(Math.max(0, Math.ceil(atMs - nowMs)), () => {
      this.#tickAtMs = Number.POSITIVE_INFINITY;
      this.#cancelTick = undefined;
      this.#arrived({ kind: "tick" });
    });
  }
}

function settle(call: Call): void {
  call.release?.();
  if (call.error === null) call.resolve(call.value as never);
  else call.reject(call.error);
}

/**
 * In a microtask of its own, so that events and the continuations of answered calls keep their order, and so that a callback
 * that throws is the program's uncaught exception, as from an event emitter, and not the client's end.
 */
function tell(watcher: (event: WatchEvent | GapEvent) => void, event: WatchEvent | GapEvent): void {
  queueMicrotask(() => watcher(event));
}

/** The four-letter word, in ASCII. */
const ISRO = Uint8Array.of(0x69, 0x73, 0x72, 0x6f);
