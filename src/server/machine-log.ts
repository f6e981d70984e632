import { unreachable } from "../base/invariant.ts";
import type { Log } from "../base/ports.ts";
import type { MachineEvent } from "../core/machine-event.ts";
import { zxidText } from "../protocol/zxid.ts";
import type { AuditLog } from "./audit-log.ts";

/** Writes one line for each thing that the machine reports: what clients do normally at debug, what is wrong at warn. */
export function reportEvent(event: MachineEvent, log: Log, audit: AuditLog): void {
  switch (event.kind) {
    case "sessionCreated":
    case "sessionRenewed": {
      const { session, connection, timeoutMs, isLocal } = event;
      const fields = { session: String(session), connection, timeoutMs, isLocal };
      log.debug(fields, event.kind === "sessionCreated" ? "session created" : "session renewed");
      return;
    }
    case "sessionRefused":
      log.info(
        { session: String(event.session), connection: event.connection },
        `session refused: ${event.reason}`,
      );
      return;
    case "sessionExpired":
      log.info({ session: String(event.session), timeoutMs: event.timeoutMs }, "session expired");
      return;
    case "sessionClosed":
      log.debug({ session: String(event.session) }, "session closed");
      return;
    case "sessionUpgraded":
      log.info({ session: String(event.session) }, "local session upgraded to a global one");
      return;
    case "orphanedEphemeralsRemoved":
      log.warn(
        { count: event.paths.length, first: event.paths[0] },
        "removed ephemeral znodes whose sessions do not exist",
      );
      return;
    case "malformedFrame":
      log.warn(
        { connection: event.connection, peer: event.peerAddress, session: String(event.session) },
        `closing the connection: malformed frame: ${event.reason}`,
      );
      return;
    case "connectionRefused":
      log.info(
        { connection: event.connection, peer: event.peerAddress },
        `connection refused: ${event.reason}`,
      );
      return;
    case "connectionExpired":
      log.warn(
        { connection: event.connection, peer: event.peerAddress, session: String(event.session) },
        `closing the connection: ${event.reason}`,
      );
      return;
    case "unknownRequest":
      log.warn(
        { connection: event.connection, session: String(event.session), type: event.type },
        "closing the connection: request of a type that clients cannot ask for",
      );
      return;
    case "authenticated":
      log.debug(
        { connection: event.connection, scheme: event.scheme, id: event.id },
        "connection authenticated",
      );
      return;
    case "authFailed":
      log.warn(
        { connection: event.connection, peer: event.peerAddress, scheme: event.scheme },
        `authentication failed: ${event.reason}`,
      );
      return;
    case "largeRequestRejected":
      log.warn(
        { connection: event.connection },
        `closing the connection: large request rejected: ${event.reason}`,
      );
      return;
    case "staleRequestDropped":
      log.warn({ connection: event.connection }, `stale request dropped: ${event.reason}`);
      return;
    case "quotaExceeded":
      log.warn({ path: event.path, session: String(event.session) }, "write refused: quota exceeded");
      return;
    case "roleChanged": {
      const { state, leader, reason, epoch } = event;
      const detail = reason === "" ? "" : `: ${reason}`;
      log.info({ leader, zxid: zxidText(event.zxid), epoch }, `${state.toUpperCase()}${detail}`);
      return;
    }
    case "serving":
      log.info({ epoch: event.epoch }, `serving clients: ${event.state}`);
      return;
    case "peerNotice":
      log[event.level]({}, event.message);
      return;
    case "audit":
      audit.operation(event);
      return;
    default:
      unreachable(event, "machine event");
  }
}
