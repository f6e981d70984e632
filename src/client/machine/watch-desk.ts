import type { JuteReader } from "../../protocol/jute-reader.ts";
import { OpCode, Xid } from "../../protocol/opcode.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { GapEvent, WatchEvent, WatchEventType } from "../types.ts";
import { Call } from "./call.ts";
import { withoutChroot } from "./decode-reply.ts";
import { reRegistration } from "./re-registration.ts";
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

  constructor(chroot: string) {
    this.#chroot = chroot;
  }

  /** Decides whether the call sets a watch on the server (`call.number`, its last byte); false when it watches nothing once. */
  prepare(call: Call): boolean {
    const table = call.watchTable;
    if (call.watcher === null || table === null || table === "persistent" || table === "recursive")
      return false;
    call.number = this.registry.needsServerWatch(table, call.path!) ? 1 : 0;
    return true;
  }

  /** The server has answered that the call's watch is set; `table` differs from the call's when an exists found the znode. */
  register(call: Call, table: WatchTable | null = call.watchTable): void {
    if (call.watcher !== null && table !== null) this.registry.add(table, call.path!, call.watcher);
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
    if (!wasLast || (table !== "persistent" && table !== "recursive")) return undefined;
    // One-shot watches may rely on it; it then stays until the connection ends, and its events find nobody.
    if (isReliedOn || this.registry.hasOneShot(path)) return undefined;
    const isAlone = !this.registry.has(table === "persistent" ? "recursive" : "persistent", path);
    // Servers before 3.9 do not know the types of persistent watches, but `any` fits when it is the only one.
    const type = isAlone ? WatcherType.any : WatcherType[table];
    return new Call(OpCode.removeWatches, path, { number: type });
  }
}
