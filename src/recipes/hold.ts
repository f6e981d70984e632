import type { Client, ClientState, Int64, Zxid } from "../client/index.ts";
import { type LossReason, LostError } from "./lost-error.ts";
import type { OwnedZnode } from "./owned-znode.ts";
import { deleteEphemeral, isSession } from "./persist.ts";

/** What a holder does when the connection breaks and nobody can say whether the session lives. */
export interface HoldOptions {
  /**
   * "stop" (default): the hold counts as lost at once. "keep": only when the session is known to be over. Another may hold the
   * same then for a while, so "keep" is for work that checks the fencing token.
   */
  readonly onSuspended?: "stop" | "keep" | undefined;
}

const LOSSES: Partial<Record<ClientState, LossReason>> = {
  suspended: "suspended",
  expired: "expired",
  closed: "closed",
  authFailed: "closed",
};

/**
 * Something that this process holds as long as its ephemeral znode is there. Stop work when {@link signal} fires; give it back
 * with {@link release} or `await using`. After a loss, release it all the same: the znode may still be there.
 */
export class Hold implements AsyncDisposable {
  /** The znode that stands for it. */
  readonly path: string;
  /**
   * Grows with every holder of the same recipe: a storage that remembers the highest token it has seen can refuse one who has
   * lost the lock and does not know it yet. It is the zxid of the znode's creation.
   */
  readonly fencingToken: Zxid;
  readonly #client: Client;
  readonly #owner: Int64;
  readonly #controller = new AbortController();
  readonly #options: HoldOptions;
  readonly #stopListening: () => void;
  /** @internal Called when the last holder in this process gives it back. */
  onReleased: () => void = () => {};
  #depth = 1;
  #released: Promise<void> | undefined;

  /** @internal */
  constructor(client: Client, znode: OwnedZnode, options: HoldOptions = {}) {
    this.path = znode.path;
    this.fencingToken = znode.stat.czxid;
    this.#client = client;
    this.#owner = znode.stat.ephemeralOwner;
    this.#options = options;
    this.#stopListening = client.on("state", (state) => this.#stateChanged(state));
    this.#look();
  }

  /** Aborted with a {@link LostError} when this is not certainly held any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Neither lost nor released. */
  get isHeld(): boolean {
    // The client knows of a loss before it has told its listeners; whoever asks in between must not hear the opposite.
    this.#look();
    return this.#depth > 0 && !this.signal.aborted;
  }

  /** Whether the session that made the znode is still the client's: calls that are made now are made by it, or fail. */
  get isOurSession(): boolean {
    return isSession(this.#client, this.#owner);
  }

  /** Counts one more holder in this process: it takes one more {@link release} to give it back. */
  reenter(): this {
    if (!this.isHeld) throw new LostError(this.path, "deleted");
    this.#depth++;
    return this;
  }

  /** Gives it back; resolves when the znode is gone. Repeated calls do nothing. */
  async release(): Promise<void> {
    if (this.#depth > 1) {
      this.#depth--;
      return;
    }
    this.#depth = 0;
    this.#stopListening();
    this.onReleased();
    this.#released ??= deleteEphemeral(this.#client, this.path, this.#owner);
    await this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** @internal */
  lose(reason: LossReason): void {
    if (this.signal.aborted || this.#depth === 0) return;
    // A loss is for good. Whoever runs again and again must not leave a listener behind each time.
    this.#stopListening();
    this.#controller.abort(new LostError(this.path, reason));
  }

  #look(): void {
    const { state } = this.#client;
    if (!this.isOurSession) this.lose(state === "closed" || state === "authFailed" ? "closed" : "expired");
    else this.#stateChanged(state);
  }

  #stateChanged(state: ClientState): void {
    const { onSuspended = "stop" } = this.#options;
    const reason = LOSSES[state];
    if (reason === undefined || (reason === "suspended" && onSuspended === "keep")) return;
    this.lose(reason);
  }
}
