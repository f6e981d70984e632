import type { PeerMutation } from "../peer-hooks.ts";

/** 4.7: a server takes its local sessions for everybody's, and no txn has made them so. */
export function upgradeWithoutTxn(): PeerMutation {
  return {
    ready(ready, { server }) {
      for (const session of server?.sessions.sessions() ?? [])
        if (session.isLocal) server?.sessions.upgrade(session, session.expiresAtMs - session.timeoutMs);
      return ready;
    },
  };
}
