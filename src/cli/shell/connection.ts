import type { Log } from "../../base/ports.ts";
import { parseConnectString } from "../../client/connect-string.ts";
import type { ClientState, WatchCallback, WatchKind, WatchMode } from "../../client/types.ts";
import { CommandError, ShellExit } from "./command-error.ts";
import { interrupted, keeperErrorCode } from "./error-text.ts";
import { type ShellEvent, stateEvent, watchEvent } from "./event-text.ts";
import type { ShellClient, ShellWatch } from "./shell-client.ts";
import { WatchLedger } from "./watch-ledger.ts";

/** A client as the shell holds it. */
export interface HeldClient extends ShellClient {
  on(event: "state", callback: (state: ClientState) => void): () => void;
  removeWatches(path: string, kind: WatchKind): Promise<void>;
  close(): Promise<void>;
}

/** Makes a client that connects by itself; `log` hears of every attempt that fails. */
export type OpenClient = (connectString: string, log: Log) => HeldClient;

/** States that a session does not come back from: every command says `Not connected`. */
const DEAD: ReadonlySet<ClientState> = new Set<ClientState>(["expired", "authFailed", "closed"]);

/** The shell's session with the servers of one connect string. */
export class Connection {
  readonly connectString: string;
  readonly #client: HeldClient;
  readonly #print: (event: ShellEvent) => void;
  readonly #serverCount: number;
  readonly #ledger = new WatchLedger();
  readonly #watches = new Map<string, ShellWatch[]>();
  readonly #waiting = new Set<() => void>();
  #failures: string[] = [];
  #isClosing = false;
  #lastEvent: object | undefined;

  /** @throws MisuseError for a connect string that is none */
  constructor(connectString: string, open: OpenClient, print: (event: ShellEvent) => void) {
    this.connectString = connectString;
    this.#print = print;
    this.#serverCount = parseConnectString(connectString).servers.length;
    this.#client = open(connectString, this.#log());
    this.#client.on("state", (state) => this.#stateChanged(state));
  }

  /** Whether the session can still be used. */
  get isAlive(): boolean {
    return !this.#isClosing && !DEAD.has(this.#client.state);
  }

  get client(): ShellClient {
    return this.#client;
  }

  get state(): ClientState {
    return this.#client.state;
  }

  /** The reasons why no server could be reached since the last connection. */
  get failures(): readonly string[] {
    return [...new Set(this.#failures)];
  }

  get #isConnected(): boolean {
    return this.state === "connected" || this.state === "connectedReadOnly";
  }

  /**
   * Resolves when requests can be sent, or when the session is dead.
   * @throws {@link CommandError} when every server was tried in vain, or `patienceMs` passed
   */
  async ready(patienceMs: number, path?: string, signal?: AbortSignal): Promise<void> {
    const before = this.#failures.length;
    const deadline = Date.now() + patienceMs;
    while (!this.#isConnected && this.isAlive) {
      if (signal?.aborted === true) throw interrupted();
      const left = deadline - Date.now();
      if (this.#failures.length - before >= this.#serverCount || left <= 0) throw this.lossError(path);
      await this.#change(left, signal);
    }
  }

  /** As {@link ready}, but failed attempts do not end it: false when the time passed. */
  async settles(patienceMs: number): Promise<boolean> {
    const deadline = Date.now() + patienceMs;
    while (!this.#isConnected && this.isAlive && Date.now() < deadline)
      await this.#change(deadline - Date.now());
    return this.#isConnected;
  }

  /** What a command without a connection ends with: Apache's words, and below them the reasons. */
  lossError(path?: string, reason?: string): CommandError {
    const reasons = reason === undefined ? this.failures : [reason];
    const lines = [keeperErrorCode("CONNECTIONLOSS", path), ...reasons];
    return new CommandError(lines.join("\n"), ShellExit.failed, "CONNECTIONLOSS");
  }

  /** The watcher for a one-shot watch that is about to be set: always the same, so that one event is printed once. */
  watcher(kind: "data" | "children", path: string): WatchCallback {
    this.#ledger.set(kind, path);
    return this.#watcher;
  }

  readonly #watcher: WatchCallback = (event) => {
    // Several watches of ours may match one event; the default watcher hears it once.
    if (this.#lastEvent === event) return;
    this.#lastEvent = event;
    this.#ledger.fired(event.type, event.path);
    this.#print(watchEvent(this.state, event));
  };

  async addWatch(path: string, mode: WatchMode): Promise<void> {
    const watch = await this.#client.watch(path, { mode });
    watch.on((event) => {
      if (event.type !== "gap") this.#watcher(event);
    });
    this.#ledger.set(mode, path);
    this.#watches.set(path, [...(this.#watches.get(path) ?? []), watch]);
  }

  /** @throws {@link CommandError} when there is no such watch */
  async removeWatches(path: string, kind: WatchKind, isLocalAllowed: boolean): Promise<void> {
    if (!this.#ledger.has(kind, path))
      throw new CommandError(keeperErrorCode("NOWATCHER", path), ShellExit.failed, "NOWATCHER");
    if (this.#isConnected || !isLocalAllowed) await this.#client.removeWatches(path, kind);
    const removed = this.#ledger.remove(kind, path);
    if (removed.includes("PersistentWatchRemoved")) {
      for (const watch of this.#watches.get(path) ?? []) await watch.close();
      this.#watches.delete(path);
    }
    for (const type of removed) this.#print({ state: "SyncConnected", type, path });
  }

  /** Ends the session; without a connection there is nobody to tell, and no reason to wait. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#changed();
    await this.#client.close();
  }

  #stateChanged(state: ClientState): void {
    if (this.#isConnected) this.#failures = [];
    const event = stateEvent(state);
    if (event !== undefined && !(this.#isClosing && state === "closed")) this.#print(event);
    this.#changed();
  }

  #changed(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #change(patienceMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, patienceMs));
      signal?.addEventListener("abort", wake);
      this.#waiting.add(wake);
    });
  }

  /** The client tells its log of every attempt that fails. */
  #log(): Log {
    const note = (_fields: object, message: string): void => {
      if (this.#isConnected) return;
      this.#failures.push(message);
      this.#changed();
    };
    const ignore = (): void => undefined;
    return { debug: ignore, info: note, warn: note, error: note, fatal: note };
  }
}
