import type { Clock, Instant, Timer } from "../base/ports.ts";
import type { ConnectionOutput, Input, LogEntry, Ready, Tick } from "../core/ready.ts";

/** What the host drives: `ServerMachine`, or a member of an ensemble, as its host sees it. */
export interface Machine<In = Input, Out extends Ready = Ready> {
  step(input: In | Tick, now: Instant): void;
  takeReady(): Out;
  /** The bytes of an output of the last Ready are not needed any more. */
  reuse(output: ConnectionOutput): void;
  /** Monotonic ms at which it wants a tick; Infinity when it waits for nothing. */
  readonly nextDeadline: number;
}

/** Where a `Ready` goes. Every method returns at once; none may throw. */
export interface Performers<Out extends Ready = Ready> {
  append(entries: readonly LogEntry[]): void;
  /** What the Ready of a member of an ensemble holds beside that of any server. */
  performMember?(ready: Out): void;
  /** Whether the bytes are not needed any more: nearly always, because the operating system takes them at once. */
  send(output: ConnectionOutput): boolean;
  pauseReading(connection: number): void;
  resumeReading(connection: number): void;
  /** Sends an `outputTaken` to the machine when everything sent so far on the connection has left. */
  reportTaken(connection: number): void;
  report(event: Ready["events"][number]): void;
}

/** Told after each turn: how many inputs it had, and how long stepping them and performing the answer took. */
export type TurnObserver = (inputCount: number, stepMs: number, performMs: number) => void;

export interface ReplicaOptions<In = Input, Out extends Ready = Ready> {
  readonly machine: Machine<In, Out>;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly performers: Performers<Out>;
  /** The machine has thrown: it must not be used any more. Called once. */
  readonly failed: (error: unknown) => void;
  readonly observe: TurnObserver;
  /** Told when a tick comes this many ms late: so long nothing has run here. */
  readonly late?: (delayMs: number) => void;
}

/**
 * The host loop. Inputs are stepped as they come in; what they led to is performed once per event-loop turn, after
 * everything that was waiting has been read. So each connection gets one socket write, and all writes of a turn go to the
 * log together (ARCHITECTURE.md).
 */
export class Replica<In = Input, Out extends Ready = Ready> {
  readonly #machine: Machine<In, Out>;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #performers: Performers<Out>;
  readonly #failed: (error: unknown) => void;
  readonly #observe: TurnObserver;
  readonly #late: ((delayMs: number) => void) | undefined;
  readonly #turn = (): void => this.#endTurn();
  #now: Instant | undefined;
  #inputCount = 0;
  #isTurnDue = false;
  #isStopped = false;
  #tickAt = Number.POSITIVE_INFINITY;
  #cancelTick: (() => void) | undefined;

  constructor(options: ReplicaOptions<In, Out>) {
    this.#machine = options.machine;
    this.#clock = options.clock;
    this.#timer = options.timer;
    this.#performers = options.performers;
    this.#failed = options.failed;
    this.#observe = options.observe;
    this.#late = options.late;
  }

  /** Lets the machine do what it wants to do by itself: call once, before the first input. */
  start(): void {
    this.step({ kind: "tick" });
  }

  /** Tells the machine what happened. Its answer is performed at the end of the turn. */
  step(input: In | Tick): void {
    if (this.#isStopped) return;
    // One reading of the clock serves a turn: it is exact enough, and a reading costs as much as a small request's decode.
    this.#now ??= this.#clock.now();
    this.#inputCount++;
    try {
      this.#machine.step(input, this.#now);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#timer.soon(this.#turn);
  }

  /** Nothing reaches the machine any more, and nothing of what it decided since the last turn is performed. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTick?.();
  }

  #endTurn(): void {
    this.#isTurnDue = false;
    if (this.#isStopped) return;
    const inputCount = this.#inputCount;
    const beganMs = this.#now!.elapsedMs;
    const steppedMs = this.#clock.now().elapsedMs;
    this.#inputCount = 0;
    this.#now = undefined;
    try {
      this.#perform(this.#machine.takeReady());
    } catch (error) {
      this.#fail(error);
      return;
    }
    const doneMs = this.#clock.now().elapsedMs;
    this.#observe(inputCount, steppedMs - beganMs, doneMs - steppedMs);
    this.#armTick(doneMs);
  }

  #perform(ready: Out): void {
    const performers = this.#performers;
    // What goes to other servers has the longest way: their disks, and back.
    performers.performMember?.(ready);
    if (ready.append.length > 0) performers.append(ready.append);
    for (const output of ready.output) {
      if (performers.send(output)) this.#machine.reuse(output);
    }
    for (const connection of ready.pauseReading) performers.pauseReading(connection);
    for (const event of ready.events) performers.report(event);
    // Last, because these may step the machine at once (a resumed connection has held frames back): the next turn's input.
    for (const connection of ready.reportTaken) performers.reportTaken(connection);
    for (const connection of ready.resumeReading) performers.resumeReading(connection);
  }

  /**
   * One timer; it stays when the deadline moves back, since an early tick costs less than a timer per turn. What has arrived
   * goes before the tick: after a stall of this process the pings of its clients wait in their sockets, and a session
   * must not expire beside its ping.
   */
  #armTick(nowMs: number): void {
    const deadline = this.#machine.nextDeadline;
    if (deadline >= this.#tickAt) return;
    this.#cancelTick?.();
    this.#tickAt = deadline;
    const delayMs = Math.max(0, deadline - nowMs);
    this.#cancelTick = this.#timer.after(delayMs, () => {
      this.#late?.(this.#clock.now().elapsedMs - nowMs - delayMs);
      this.#timer.soon(() => {
        this.#tickAt = Number.POSITIVE_INFINITY;
        this.step({ kind: "tick" });
      });
    });
  }

  #fail(error: unknown): void {
    this.stop();
    this.#failed(error);
  }
}
