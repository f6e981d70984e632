import type { JuteReader } from "../../protocol/jute-reader.ts";
import { OpCode, Xid } from "../../protocol/opcode.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { GapEvent, WatchEvent, WatchEventType } from "../types.ts";
import { Call } from "./call.ts";
import { withoutChroot } from "./decode-reply.ts";
import { reRegistration, reRegistrationOf } from "./re-registration.ts";
import type { Delivery } from "./ready.ts";
import { type Watcher, WatchRegistry, type WatchTable } from "./watch-registry.ts";

/** Event types by their numbers (client-protocol 5.3). */
const TYPES: readonly (WatchEventType | undefined)[] = [
  undefined,
  "created",
  "deleted",
  "dataChanged",
  "childrenChanged",
];

/** Watcher types of removeWatches and checkWatches (client-protocol 5.7). */
export const WatcherType = { children: 1, data: 2, any: 3, persistent: 4, recursive: 5 } as const;

type Gap = { readonly reason: GapEvent["reason"]; readonly afterZxid: Zxid };

/** Everything about watches on one connection: who watches, what a notification means, what a new connection has to be told. */
export class WatchDesk {
  readonly registry: WatchRegistry = new WatchRegistry();
  readonly #chroot: string;
  /** Re-registrations that are not answered yet. */
  #awaited = 0;
  /** What persistent watchers have to be told as soon as they are in place again. */
  #gap: Gap | undefined;
  /** How many addWatch requests of each mode are on their way to a path. */
  readonly #coming = { persistent: new Map<string, number>(), recursive: new Map<string, number>() };

  constructor(chroot: string) {
    this.#chroot = chroot;
  }

  /** Decides whether the call sets a watch on the server (`call.number`, its last byte); false when it watches nothing once. */
  prepare(call: Call): boolean {
    const table = call.watchTable;
    if (call.watcher === null || table === null || table === "persistent" || table === "recursive")
      return false;
    const path = call.path!;
    const isServed =
      this.#coming.persistent.has(path) || (table !== "child" && this.#coming.recursive.has(path));
    call.number = !isServed && this.registry.needsServerWatch(table, path) ? 1 : 0;
    return true;
  }

  /** An addWatch leaves: what is asked behind it can count on it, see {@link WatchRegistry.needsServerWatch}. */
  sent(call: Call): void {
    if (call.op === OpCode.addWatch) this.#count(call, 1);
  }

  /** The answer to an addWatch is there, whatever it says. */
  answered(call: Call): void {
    if (call.op === OpCode.addWatch) this.#count(call, -1);
  }

  #count(call: Call, step: number): void {
    const coming = this.#coming[call.number === 0 ? "persistent" : "recursive"];
    const count = (coming.get(call.path!) ?? 0) + step;
    if (count > 0) coming.set(call.path!, count);
    else coming.delete(call.path!);
  }

  /**
   * The server has answered the call; `table` differs from the call's when an exists found the znode. Returns the request that sets the
   * watch if there is none on the server: the call counted on a persistent one that was refused or taken away meanwhile.
   */
  register(call: Call, table: WatchTable | null = call.watchTable): Call | undefined {
    if (call.watcher === null || table === null) return undefined;
    const path = call.path!;
    this.registry.add(table, path, call.watcher);
    const isOneShot = table !== "persistent" && table !== "recursive";
    if (!isOneShot || call.number !== 0 || !this.registry.needsServerWatch(table, path)) return undefined;
    this.#awaited++;
    return reRegistrationOf(table, path, call.zxid, Xid.setWatches);
  }

  /** Reads a WatcherEvent; undefined when nobody waits for it. @throws JuteError */
  notified(reader: JuteReader, zxid: Zxid): Delivery | undefined {
    const type = TYPES[reader.readInt()];
    reader.readInt();
    const path = reader.readString();
    if (type === undefined || path === null) return undefined;
    const watchers = this.registry.match(type, path);
    if (watchers.length === 0) return undefined;
    const event: WatchEvent = {
      type,
      path: withoutChroot(path, this.#chroot),
      zxid: zxid > 0 ? zxid : undefined,
    };
    return { kind: "event", event, watchers };
  }

  /** The connection is gone, and all watches on the server with it. */
  lost(afterZxid: Zxid, reason: "reconnected" | "newSession"): void {
    this.#awaited = 0;
    this.#coming.persistent.clear();
    this.#coming.recursive.clear();
    // Several losses in a row are one gap, from the first on; a new session outweighs a reconnect.
    this.#gap = { afterZxid: this.#gap?.afterZxid ?? afterZxid, reason: this.#gapReason(reason) };
  }

  #gapReason(reason: "reconnected" | "newSession"): GapEvent["reason"] {
    return this.#gap?.reason === "newSession" ? "newSession" : reason;
  }

  /** The requests that put the watches in place on a new connection. */
  reRegister(relativeZxid: Zxid): readonly Call[] {
    const calls = reRegistration(this.registry, relativeZxid, Xid.setWatches);
    this.#awaited = calls.length;
    if (calls.length === 0) this.#gap = undefined;
    return calls;
  }

  /** A re-registration was answered; after the last one, the gap for every persistent watcher. */
  reRegistered(): readonly Delivery[] {
    if (this.#awaited === 0 || --this.#awaited > 0) return [];
    const gap = this.#gap;
    this.#gap = undefined;
    if (gap === undefined) return [];
    const out: Delivery[] = [];
    for (const table of ["persistent", "recursive"] as const) {
      for (const serverPath of this.registry.paths(table)) {
        const path = withoutChroot(serverPath, this.#chroot);
        const watchers = this.registry.watchers(table, serverPath);
        out.push({ kind: "event", event: { type: "gap", path, ...gap }, watchers });
      }
    }
    return out;
  }

  /**
   * One watcher goes. Returns the request that takes the watch from the server, if nobody else needs it: `isReliedOn` says
   * that a call on its way does, because it set no watch of its own.
   */
  unwatch(table: WatchTable, path: string, watcher: Watcher, isReliedOn: boolean): Call | undefined {
    const wasLast = this.registry.remove(table, path, watcher);
    if (!wasLast) return undefined;
    if (table !== "persistent" && table !== "recursive")
      return isReliedOn ? undefined : this.#oneShotRemoval(table, path);
    // One-shot watches may rely on it; it then stays until the connection ends, and its events find nobody.
    if (isReliedOn || this.registry.hasOneShot(path)) return undefined;
    const isAlone = !this.registry.has(table === "persistent" ? "recursive" : "persistent", path);
    // Servers before 3.9 do not know the types of persistent watches, but `any` fits when it is the only one.
    const type = isAlone ? WatcherType.any : WatcherType[table];
    return new Call(OpCode.removeWatches, path, { number: type });
  }

  /** Data and exist are one watch for the server; beside a persistent one it has none of them. */
  #oneShotRemoval(table: "data" | "exist" | "child", path: string): Call | undefined {
    const { registry } = this;
    if (registry.has("persistent", path) || registry.has("recursive", path)) return undefined;
    if (table === "child") return new Call(OpCode.removeWatches, path, { number: WatcherType.children });
    if (registry.has("data", path) || registry.has("exist", path)) return undefined;
    return new Call(OpCode.removeWatches, path, { number: WatcherType.data });
  }
}
