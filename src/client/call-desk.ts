import { validatePath } from "../protocol/path.ts";
import { badPath, withChroot } from "./client-paths.ts";
import { AbortedError, MisuseError } from "./errors.ts";
import type { Host } from "./host.ts";
import { Call, type CallFields } from "./machine/call.ts";
import type { Input } from "./machine/ready.ts";
import type { Watcher, WatchTable } from "./machine/watch-registry.ts";
import type { CallOptions } from "./types.ts";

const NO_FIELDS: CallFields = {};

/** Turns the program's calls into the machine's, and their answers into promises. */
export class CallDesk {
  readonly chroot: string;
  readonly #host: Host;
  readonly #deadlineMs: number;

  constructor(host: Host, chroot: string, deadlineMs: number) {
    this.#host = host;
    this.chroot = chroot;
    this.#deadlineMs = deadlineMs;
  }

  /** A request about `path`, as the program writes it. Misuse rejects like every other error. */
  request<T>(
    op: number,
    path: string,
    options: CallOptions | undefined,
    fields: CallFields = NO_FIELDS,
    watcher: unknown = undefined,
    table: WatchTable | null = null,
  ): Promise<T> {
    const reason = validatePath(path);
    if (reason !== undefined) return Promise.reject(badPath(path, reason));
    const call = new Call(op, withChroot(this.chroot, path), fields);
    if (watcher !== undefined) {
      call.watcher = watcher as Watcher;
      call.watchTable = table;
    }
    return this.submit<T>(call, options);
  }

  /** A request that is complete, with the server's path or none. */
  submit<T>(call: Call, options: CallOptions | undefined, input: Input = call): Promise<T> {
    const signal = options?.signal;
    const deadlineMs = options?.deadlineMs ?? this.#deadlineMs;
    if (!(deadlineMs > 0)) return Promise.reject(badDeadline(deadlineMs));
    if (signal?.aborted === true) return Promise.reject(abortedBefore(signal));
    call.deadlineMs = this.#host.nowMs + deadlineMs;
    const promise = new Promise<T>((resolve, reject) => {
      call.resolve = resolve as (value: never) => void;
      call.reject = reject;
    });
    this.#host.step(input);
    if (signal !== undefined) this.#listen(call, signal);
    return promise;
  }

  #listen(call: Call, signal: AbortSignal): void {
    const abort = (): void => this.#host.step({ kind: "withdrawn", call, reason: signal.reason });
    signal.addEventListener("abort", abort, { once: true });
    call.release = () => signal.removeEventListener("abort", abort);
  }
}

/** For a deadline that is no time ahead. */
export function badDeadline(deadlineMs: number): MisuseError {
  return new MisuseError(`deadlineMs is ${deadlineMs}: it must be above 0 (Infinity for none)`);
}

function abortedBefore(signal: AbortSignal): AbortedError {
  return new AbortedError("the call was aborted before it was made", "not-applied", signal.reason);
}
