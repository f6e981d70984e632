import type { LogEntry } from "../../src/core/ready.ts";
import type { PeerInput } from "../../src/core/zab/peer-face.ts";
import type { PeerMutation } from "../peer-hooks.ts";

/**
 * ZOOKEEPER-4712, -4541, -4502: the log processor of a role is not waited for when the role ends. The last record that it had
 * comes into the log beside those of the next role.
 */
export function stoppedRoleAppends(): PeerMutation {
  let late: LogEntry | undefined;
  let wasServing = false;
  let told: PeerInput[] = [];
  return {
    ready(ready, peer) {
      const isOver = wasServing && !peer.isServing;
      wasServing = peer.isServing;
      const last = ready.append.at(-1);
      if (isOver && last !== undefined && late === undefined) {
        late = last;
        told.push({ kind: "persisted", zxid: last.zxid });
        return { ...ready, append: ready.append.slice(0, -1) };
      }
      if (late === undefined || !peer.isServing || last === undefined) return ready;
      const append = [...ready.append, late];
      late = undefined;
      return { ...ready, append };
    },
    injected() {
      const inputs = told;
      told = [];
      return inputs;
    },
  };
}
