import type { DurableState } from "../../../../sim/durable-view.ts";
import type { Checker, Facts, LearnerLink, Observation } from "../../../../sim/observation.ts";
import { quorumRuleOf } from "../../../../sim/quorum-rule.ts";
import { TxnHistory } from "../../../../sim/txn-history.ts";
import { Database } from "../../../../src/core/tree/database.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { encodeTxn, type LoggedTxn, type TxnBody } from "../../../../src/protocol/txn.ts";
import { makeZxid, type Zxid } from "../../../../src/protocol/zxid.ts";

/** A disk as a test wants it. */
class FakeDisk implements DurableState {
  accepted: number | undefined = 0;
  current: number | undefined = 0;
  configVersion = 0 as Zxid;
  configLines: readonly string[] = [];
  readonly zxids: Zxid[] = [];
  get lastZxid(): Zxid {
    return this.zxids.at(-1) ?? (0 as Zxid);
  }
  has(zxid: Zxid): boolean {
    return this.zxids.includes(zxid);
  }
}

export const z = makeZxid;
export const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

const SERVERS = [1, 2, 3];

/** Three servers of which a test says what is on their disks and what passes between them. */
export class FakeFacts implements Facts {
  nowMs = 0;
  rule = quorumRuleOf(SERVERS.map((server) => `server.${server}=h:1:2:participant;3`).join("\n"));
  readonly history = new TxnHistory();
  readonly expected = newDatabase();
  readonly disks = new Map(SERVERS.map((server) => [server, new FakeDisk()]));
  readonly committed: Observation[] = [];

  durable(server: number): FakeDisk {
    return this.disks.get(server)!;
  }

  commit(zxid: Zxid): string | undefined {
    const txns = this.history.commit(zxid);
    if (typeof txns === "string") return txns;
    this.committed.push({ kind: "committed", txns });
    return undefined;
  }

  /** The txn is on these servers' disks. */
  log(zxid: Zxid, previous: Zxid, servers: readonly number[] = [1, 2, 3]): void {
    this.history.add(zxid, previous, txn(zxid));
    for (const server of servers) this.durable(server).zxids.push(zxid);
  }
}

export function newDatabase(): Database {
  return new Database({ digestEnabled: true, extendedTypesEnabled: false, emulate353TTLNodes: false });
}

/** A txn of session 7. */
export function txn(
  zxid: Zxid,
  body: TxnBody = { type: OpCode.createSession, timeOut: 4000 },
  digest?: LoggedTxn["digest"],
): Uint8Array {
  const header = { clientId: new Int64(0, 7), cxid: 1, zxid, time: 1000, type: body.type };
  return encodeTxn({ header, body, digest });
}

/** Server 1 follows server 3. */
const LINK: LearnerLink = { id: 1, learner: 1, leader: 3, isRelayed: false };

export function fromLeader(
  type: number,
  zxid: Zxid,
  link = LINK,
  kind: "sent" | "arrived" = "sent",
): Observation {
  return { kind, link, isFromLeader: true, packet: { type, zxid, data: null, endsAt: 0 } };
}

export function fromLearner(
  type: number,
  zxid: Zxid,
  data: Uint8Array | null = null,
  kind: "sent" | "arrived" = "sent",
): Observation {
  return { kind, link: LINK, isFromLeader: false, packet: { type, zxid, data, endsAt: 0 } };
}

export function int(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

/** Shows the checker what happened, and returns what it said: undefined for each thing that is in order. */
export function show(checker: Checker, facts: FakeFacts, ...seen: Observation[]): (string | undefined)[] {
  return seen.map((one) => checker.see(one, facts));
}

export const quiet = undefined;
export const started = (server: number): Observation => ({ kind: "started", server });
export const logged = (server: number, zxid: Zxid, previous: Zxid, bytes = txn(zxid)): Observation => ({
  kind: "logged",
  server,
  zxid,
  previous,
  bytes,
});
