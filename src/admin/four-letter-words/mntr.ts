import type { AdminView } from "../admin-view.ts";
import { javaDouble } from "../java-number.ts";
import type { Answer } from "./word.ts";

/** `mntr`: `zk_<name>TAB<value>`; tools want the version and the state first. */
export function* mntr(view: AdminView): Answer {
  yield `zk_version\t${view.version()}\n`;
  yield `zk_server_state\t${view.serverState()}\n`;
  const quorum = view.quorum();
  if (quorum !== null) {
    yield `zk_peer_state\t${quorum.peerState}\n`;
    if (quorum.observerMasterId !== null) yield `zk_observer_master_id\t${quorum.observerMasterId}\n`;
  }
  for (const { name, value, isDecimal } of view.monitorValues()) {
    yield `zk_${name}\t${isDecimal ? javaDouble(value) : value}\n`;
  }
}
