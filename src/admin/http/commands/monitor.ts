import type { AdminView } from "../../admin-view.ts";
import type { AdminCommand } from "../command.ts";
import { Decimal, type JsonValue } from "../json.ts";

/** `mntr` without the `zk_` prefix. */
export const monitor: AdminCommand = {
  aliases: ["mntr"],
  method: "GET",
  needsServer: false,
  run: ({ view }) => ({ fields: monitorFields(view) }),
};

function* monitorFields(view: AdminView): Iterable<readonly [string, JsonValue]> {
  yield ["version", view.version()];
  const quorum = view.quorum();
  const isLooking = quorum !== null && !view.isServing();
  yield ["server_state", isLooking ? quorum.unservingState : view.serverState()];
  if (quorum !== null) {
    yield ["peer_state", quorum.peerState];
    if (quorum.observerMasterId !== null) yield ["observer_master_id", quorum.observerMasterId];
  }
  for (const { name, value, isDecimal } of view.monitorValues())
    yield [name, isDecimal ? new Decimal(value) : value];
}
