import { OpCode } from "../../protocol/opcode.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { Call } from "./call.ts";
import type { WatchRegistry, WatchTable } from "./watch-registry.ts";

/** Characters of paths in one setWatches: keeps every frame far below `jute.maxbuffer`, as Java's client does. */
const BATCH_CHARACTERS = 128 * 1024;

const TABLES: readonly WatchTable[] = ["data", "exist", "child", "persistent", "recursive"];

/**
 * The requests that put all watches in place on a new connection (client-protocol 5.8). A batch without persistent watches
 * is a setWatches, which servers before 3.6 know too.
 */
export function reRegistration(registry: WatchRegistry, relativeZxid: Zxid, xid: number): Call[] {
  const calls: Call[] = [];
  let batch = new Batch();
  for (const table of TABLES) {
    for (const path of registry.paths(table)) {
      if (batch.characters >= BATCH_CHARACTERS) {
        calls.push(batch.request(relativeZxid, xid));
        batch = new Batch();
      }
      batch.add(table, path);
    }
  }
  if (batch.characters > 0) calls.push(batch.request(relativeZxid, xid));
  return calls;
}

/** The same for one watch that a reply at `zxid` should have set: it fires for what happened since. */
export function reRegistrationOf(table: WatchTable, path: string, zxid: Zxid, xid: number): Call {
  const batch = new Batch();
  batch.add(table, path);
  return batch.request(zxid, xid);
}

class Batch {
  characters = 0;
  readonly #lists: Readonly<Record<WatchTable, string[]>> = {
    data: [],
    exist: [],
    child: [],
    persistent: [],
    recursive: [],
  };

  add(table: WatchTable, path: string): void {
    this.characters += path.length;
    this.#lists[table].push(path);
  }

  request(relativeZxid: Zxid, xid: number): Call {
    const { data, exist, child, persistent, recursive } = this.#lists;
    const isPersistent = persistent.length + recursive.length > 0;
    const oneShot = { relativeZxid, dataWatches: data, existWatches: exist, childWatches: child };
    const both = {
      ...oneShot,
      persistentWatches: persistent,
      persistentRecursiveWatches: recursive,
    };
    const call = new Call(isPersistent ? OpCode.setWatches2 : OpCode.setWatches, null, {
      extra: isPersistent ? both : oneShot,
    });
    call.xid = xid;
    return call;
  }
}
