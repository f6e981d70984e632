import type { Zxid } from "../../protocol/zxid.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Commits } from "./commits.ts";
import type { Request } from "./connection.ts";
import { Followed } from "./followed.ts";
import type { Outbox } from "./outbox.ts";
import type { Prep } from "./prep.ts";
import { QuorumOfOne } from "./quorum-of-one.ts";

/** What a server is for its clients. */
export type ServerRole = "standalone" | "leader" | "follower" | "observer" | "read-only";

/** What a chain is made of. */
export interface ChainStages {
  readonly prep: Prep;
  readonly broadcast: Broadcast;
  readonly commits: Commits;
}

/** Takes a request that waits in its session's order from now on. The request is kept memory. */
export type SubmitRequest = (request: Request) => void;

/** Where requests go when they are not answered here at once. */
export interface Chain {
  /** The turn of a write has come: sees that its txn is proposed, here or by the leader. */
  readonly write: SubmitRequest;
  /** A sync has come; undefined: it passes like a read. */
  readonly sync: SubmitRequest | undefined;
}

/** How requests flow in one role (ARCHITECTURE.md). A role is its chain, and the chain fits on a screen. */
export interface ChainPlan {
  readonly role: ServerRole;
  /** Txns are made here: this server stamps zxid and time, and expires global sessions. */
  readonly isPreparing: boolean;
  /** Whether sessions can be local to this server (client-protocol 7.4): only where there are others. */
  readonly hasLocalSessions: boolean;
  broadcast(outbox: Outbox, last: Zxid): Broadcast;
  connect(stages: ChainStages): Chain;
}

/** Prep, log, apply: the leader's chain with a quorum of one. Sync passes like a read. */
export const standaloneChain: ChainPlan = {
  role: "standalone",
  isPreparing: true,
  hasLocalSessions: false,
  broadcast: (outbox, last) => new QuorumOfOne(outbox, last),
  connect: prepareHere,
};

/** Prep, propose to all, log, apply when a quorum has it. `broadcast` is Zab's leader. */
export function leaderChain(broadcast: Broadcast): ChainPlan {
  return {
    role: "leader",
    isPreparing: true,
    hasLocalSessions: true,
    broadcast: () => broadcast,
    connect: prepareHere,
  };
}

/** To the leader; what it commits is applied, and answered where it was asked for. */
export function learnerChain(role: "follower" | "observer", forward: SubmitRequest): ChainPlan {
  return {
    role,
    isPreparing: false,
    hasLocalSessions: true,
    broadcast: (_outbox, last) => new Followed(last),
    connect: () => ({ write: forward, sync: forward }),
  };
}

/** Reads only: the request flow refuses everything else before it gets here (quorum-protocol 4.8). */
export const readOnlyChain: ChainPlan = {
  role: "read-only",
  isPreparing: false,
  hasLocalSessions: true,
  broadcast: (_outbox, last) => new Followed(last),
  connect: () => ({ write: refuse, sync: refuse }),
};

function refuse(): never {
  throw new Error("a read-only server has let a write through");
}

function prepareHere({ prep, broadcast, commits }: ChainStages): Chain {
  return {
    write(request) {
      const { operation } = request;
      if (operation.kind !== "write") return;
      const proposal = prep.prepare(request, operation);
      commits.add(proposal);
      broadcast.propose(proposal.entry);
    },
    sync: undefined,
  };
}
