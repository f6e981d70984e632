import type { Broadcast } from "./broadcast.ts";
import type { Commits } from "./commits.ts";
import type { Request } from "./connection.ts";
import type { Prep } from "./prep.ts";

/** What a chain is made of. */
export interface ChainStages {
  readonly prep: Prep;
  readonly broadcast: Broadcast;
  readonly commits: Commits;
}

/** The turn of a write has come: sees that its txn is proposed, here or by the leader. The request is kept memory. */
export type SubmitWrite = (request: Request) => void;

/** How requests flow in one role (design.md 6). A role is its chain, and the chain fits on a screen. */
export interface ChainPlan {
  readonly role: "standalone";
  /** Whether sessions can be local to this server (client-protocol 7.4): only where there are others. */
  readonly hasLocalSessions: boolean;
  connect(stages: ChainStages): SubmitWrite;
}

/** Prep, log, apply: the leader's chain with a quorum of one. Sync passes like a read. */
export const standaloneChain: ChainPlan = {
  role: "standalone",
  hasLocalSessions: false,
  connect({ prep, broadcast, commits }) {
    return (request) => {
      const { operation } = request;
      if (operation.kind !== "write") return;
      const proposal = prep.prepare(request, operation);
      commits.add(proposal);
      broadcast.propose(proposal.entry);
    };
  },
};
