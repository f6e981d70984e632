import type { ClientState, WatchEventType } from "../../client/types.ts";
import type { Zxid } from "../../protocol/zxid.ts";

/** What is told of a connection or of a znode, in the words of Apache's `WatchedEvent`. */
export interface ShellEvent {
  readonly state: string;
  /** `None` for events of the connection. */
  readonly type: string;
  readonly path: string | null;
  /** Where the server sends it (3.9 and later). */
  readonly zxid?: Zxid | undefined;
}

const TYPES: Readonly<Record<WatchEventType, string>> = {
  created: "NodeCreated",
  deleted: "NodeDeleted",
  dataChanged: "NodeDataChanged",
  childrenChanged: "NodeChildrenChanged",
};

/** States that are told; while a connection is sought there is nothing to tell. */
const STATES: Readonly<Partial<Record<ClientState, string>>> = {
  connected: "SyncConnected",
  connectedReadOnly: "ConnectedReadOnly",
  suspended: "Disconnected",
  expired: "Expired",
  authFailed: "AuthFailed",
  closed: "Closed",
};

/** The event of a change of state; undefined when there is none. */
export function stateEvent(state: ClientState): ShellEvent | undefined {
  const name = STATES[state];
  return name === undefined ? undefined : { state: name, type: "None", path: null };
}

/** The event of a watch, delivered while the client stood in `state`. */
export function watchEvent(
  state: ClientState,
  event: { readonly type: WatchEventType; readonly path: string; readonly zxid: Zxid | undefined },
): ShellEvent {
  return {
    state: STATES[state] ?? "SyncConnected",
    type: TYPES[event.type],
    path: event.path,
    zxid: event.zxid,
  };
}

/** The line of an event. The zxid stands at its end when there is one: 3.8 and its servers do not send any. */
export function eventLine({ state, type, path, zxid }: ShellEvent): string {
  const suffix = zxid === undefined || zxid < 0 ? "" : ` zxid: ${zxid}`;
  return `WatchedEvent state:${state} type:${type} path:${path}${suffix}`;
}

/** The four lines that an event is printed as (command-line 2.5). */
export function eventLines(event: ShellEvent): string[] {
  return ["", "WATCHER::", "", eventLine(event)];
}
