import type { PeerMutation } from "../peer-hooks.ts";

/** L5: the leader's clock of sessions is set anew again and again, and those of dead clients live on. */
export function sessionsNeverExpire(): PeerMutation {
  return {
    ready(ready, { server, state }) {
      if (state !== "leading") return ready;
      for (const session of server?.sessions.sessions() ?? [])
        if (!session.isLocal) server?.sessions.touch(session, session.expiresAtMs);
      return ready;
    },
  };
}
