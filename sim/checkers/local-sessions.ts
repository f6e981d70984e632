import { OpCode } from "../../src/protocol/opcode.ts";
import { decodeTxn } from "../../src/protocol/txn.ts";
import type { Greeting } from "../client-exchange.ts";
import { typeOfTxn } from "../membership-txn.ts";
import type { SessionKind } from "../modes/mode.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

const LOOKING = 0;

interface Home {
  readonly server: number;
  /** When the server that made it stopped to serve; Infinity: it serves. */
  overAtMs: number;
}

/**
 * 4.7: a session that no txn has made is known to the server that made it, and to that one as long as it serves. A txn makes it
 * a session of all where upgrading is on, and only one that is somebody's already; only such a one is closed by a txn.
 */
export class LocalSessions implements Checker {
  readonly name = "local-sessions";
  readonly #kind: SessionKind;
  readonly #homes = new Map<string, Home>();
  /** Sessions that a txn has made, as soon as anybody has it on disk. */
  readonly #global = new Set<string>();

  constructor(kind: SessionKind) {
    this.#kind = kind;
  }

  see(seen: Observation, facts: Facts): string | undefined {
    switch (seen.kind) {
      case "logged":
        return this.#logged(seen.zxid, seen.bytes);
      case "greeted":
        return seen.greeting.isReadOnly ? undefined : this.#greeted(seen.server, seen.greeting, facts);
      case "voted":
        if (seen.notification.state === LOOKING) this.#stopped(seen.from, facts);
        return undefined;
      case "ended":
        this.#stopped(seen.server, facts);
        return undefined;
      default:
        return undefined;
    }
  }

  #logged(zxid: Parameters<typeof show>[0], bytes: Uint8Array): string | undefined {
    const type = typeOfTxn(bytes);
    if (type !== OpCode.createSession && type !== OpCode.closeSession) return undefined;
    const { key } = decodeTxn(bytes).header.clientId;
    if (this.#global.has(key)) return undefined;
    if (type === OpCode.closeSession) return `${show(zxid)} closes session ${key}, which no txn has made`;
    this.#global.add(key);
    if (this.#kind === "global") return undefined;
    if (this.#kind === "refusing") return `${show(zxid)} makes session ${key}, and sessions are local`;
    return this.#homes.has(key) ? undefined : `${show(zxid)} makes session ${key} global, which nobody had`;
  }

  #greeted(server: number, { asked, session }: Greeting, { nowMs }: Facts): string | undefined {
    if (session === undefined || this.#global.has(session)) return undefined;
    if (this.#kind === "global") return `server ${server} gives session ${session}, which no txn has made`;
    const home = this.#homes.get(session);
    if (asked.session !== session) {
      if (home !== undefined)
        return `server ${server} gives session ${session}, which server ${home.server} has given`;
      this.#homes.set(session, { server, overAtMs: Number.POSITIVE_INFINITY });
      return undefined;
    }
    if (home?.server === server && home.overAtMs >= nowMs) return undefined;
    const where = home === undefined ? "nobody" : `server ${home.server}`;
    return `server ${server} continues session ${session}, which is local and was made by ${where}, not by what serves here now`;
  }

  #stopped(server: number, { nowMs }: Facts): void {
    for (const home of this.#homes.values())
      if (home.server === server) home.overAtMs = Math.min(home.overAtMs, nowMs);
  }
}
