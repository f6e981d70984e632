import { ErrorCode } from "../../src/protocol/error-code.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { decodeTxn } from "../../src/protocol/txn.ts";
import { counterOf } from "../../src/protocol/zxid.ts";
import type { Greeting, SeenReply } from "../client-exchange.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/** What needs a quorum. */
const WRITES: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.deleteContainer,
  OpCode.setData,
  OpCode.setACL,
  OpCode.multi,
  OpCode.check,
  OpCode.reconfig,
  OpCode.sync,
]);

/**
 * S24, 4.8: a server without a quorum serves those who asked for that, shows exactly what is in its log, answers no write,
 * changes nothing on its disk, and its sessions end with it: nobody continues them, no txn is theirs.
 */
export class ReadOnly implements Checker {
  readonly name = "read-only";
  /** Servers that have served read-only last; with the epochs on their disks. */
  readonly #serving = new Map<number, string>();
  /** Sessions that began read-only, and where. */
  readonly #sessions = new Map<string, number>();

  see(seen: Observation, facts: Facts): string | undefined {
    switch (seen.kind) {
      case "started":
      case "ended":
        this.#serving.delete(seen.server);
        return undefined;
      case "sent":
        this.#serving.delete(seen.isFromLeader ? seen.link.leader : seen.link.learner);
        return undefined;
      case "arrived":
        // A leader stores the epoch before it says anything.
        if (!seen.isFromLeader) this.#serving.delete(seen.link.leader);
        return undefined;
      case "greeted":
        return this.#greeted(seen.server, seen.greeting, facts);
      case "replied":
        return seen.reply.isReadOnly ? replied(seen.server, seen.reply, facts) : undefined;
      case "logged":
        if (!this.#isReadOnly(seen.server, facts)) return undefined;
        return `server ${seen.server} is read-only and logs ${show(seen.zxid)}`;
      case "durable":
        if (!this.#isReadOnly(seen.server, facts)) return undefined;
        if (this.#serving.get(seen.server) === epochsOf(seen.server, facts)) return undefined;
        return `server ${seen.server} is read-only and changes its epochs`;
      case "committed":
        for (const { zxid, bytes } of seen.txns) {
          const { key } = decodeTxn(bytes).header.clientId;
          if (this.#sessions.has(key))
            return `${show(zxid)} is of session ${key}, which server ${this.#sessions.get(key)} made read-only`;
        }
        return undefined;
      default:
        return undefined;
    }
  }

  /** A reconfig may have left one voter, who needs no link to go on. */
  #isReadOnly(server: number, facts: Facts): boolean {
    return this.#serving.has(server) && !facts.rule.isQuorum([server]);
  }

  #greeted(server: number, { asked, session, isReadOnly }: Greeting, facts: Facts): string | undefined {
    if (session === undefined) return undefined;
    const home = this.#sessions.get(session);
    if (!isReadOnly) {
      if (home === undefined) return undefined;
      return `server ${server} continues session ${session}, which server ${home} made read-only`;
    }
    if (!asked.allowsReadOnly)
      return `server ${server} is read-only and serves a client that did not ask for it`;
    if (home !== undefined && home !== server)
      return `server ${server} continues session ${session}, which server ${home} made read-only`;
    if (facts.expected.sessions.has(session))
      return `server ${server} is read-only and continues session ${session} of the ensemble`;
    this.#sessions.set(session, server);
    this.#serving.set(server, epochsOf(server, facts));
    return undefined;
  }
}

function replied(server: number, { op, err, zxid, mzxid }: SeenReply, facts: Facts): string | undefined {
  if (WRITES.has(op) && err !== ErrorCode.NOTREADONLY)
    return `server ${server} is read-only and answers operation ${op} with ${err}`;
  const disk = facts.durable(server);
  const { history } = facts;
  if (zxid !== disk.lastZxid && history.resolve(zxid) !== history.resolve(disk.lastZxid))
    return `server ${server} is read-only and shows ${show(zxid)}, its disk has ${show(disk.lastZxid)}`;
  if (mzxid === undefined || counterOf(mzxid) === 0 || disk.has(mzxid)) return undefined;
  // Of the configuration it hears from its peers, too: they put it into their notifications (2.4).
  const txn = history.isCommitted(mzxid) ? history.get(mzxid) : undefined;
  if (txn !== undefined && decodeTxn(txn.bytes).header.type === OpCode.reconfig) return undefined;
  return `server ${server} is read-only and shows what ${show(mzxid)} did, which is not on its disk`;
}

function epochsOf(server: number, facts: Facts): string {
  const { accepted, current } = facts.durable(server);
  return `${accepted} ${current}`;
}
