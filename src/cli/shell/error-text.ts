import {
  AbortedError,
  AuthFailedError,
  ClosedError,
  ConnectionError,
  DeadlineError,
  KeeperError,
  SessionExpiredError,
  ZooKeeperError,
} from "../../client/errors.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { CommandError, ShellExit } from "./command-error.ts";

/** Codes with a sentence of their own, by what stands in front of the path (command-line 2.7). */
const SENTENCES: Readonly<Record<string, string>> = {
  NONODE: "Node does not exist: ",
  NOCHILDRENFOREPHEMERALS: "Ephemerals cannot have children: ",
  NODEEXISTS: "Node already exists: ",
  NOTEMPTY: "Node not empty: ",
  NOTREADONLY: "Not a read-only call: ",
  INVALIDACL: "Acl is not valid : ",
  NOAUTH: "Insufficient permission : ",
  BADARGUMENTS: "Arguments are not valid : ",
  BADVERSION: "version No is not valid : ",
  QUOTAEXCEEDED: "Quota has exceeded : ",
};

const WITHOUT_PATH: Readonly<Record<string, string>> = {
  RECONFIGINPROGRESS: "Another reconfiguration is in progress -- concurrent reconfigs not supported (yet)",
  NEWCONFIGNOQUORUM:
    "No quorum of new config is connected and up-to-date with the leader of last committed config - try invoking reconfiguration after new servers are connected and synced",
};

/** Codes that Apache has no sentence for, by what it calls them. */
const NAMES: Readonly<Record<string, string>> = {
  OK: "ok",
  SYSTEMERROR: "SystemError",
  RUNTIMEINCONSISTENCY: "RuntimeInconsistency",
  DATAINCONSISTENCY: "DataInconsistency",
  CONNECTIONLOSS: "ConnectionLoss",
  MARSHALLINGERROR: "MarshallingError",
  UNIMPLEMENTED: "Unimplemented",
  OPERATIONTIMEOUT: "OperationTimeout",
  APIERROR: "APIError",
  AUTHFAILED: "AuthFailed",
  SESSIONEXPIRED: "Session expired",
  INVALIDCALLBACK: "Invalid callback",
  INVALIDACL: "InvalidACL",
  SESSIONMOVED: "Session moved",
  EPHEMERALONLOCALSESSION: "Ephemeral node on local session",
  NOWATCHER: "No such watcher",
  RECONFIGDISABLED: "Reconfig is disabled",
  SESSIONCLOSEDREQUIRESASLAUTH: "Session closed because client failed to authenticate",
  THROTTLEDOP: "Op throttled due to high load",
};

/** `KeeperErrorCode = <name>[ for P]`. */
export function keeperErrorCode(code: string, path?: string | null): string {
  const number = (ErrorCode as Readonly<Record<string, number>>)[code];
  const name = NAMES[code] ?? `Unknown error ${number ?? code.replace(/^CODE/, "")}`;
  return `KeeperErrorCode = ${name}${path ? ` for ${path}` : ""}`;
}

/**
 * What Apache's shell prints for an error of the client. `path` is what the command was about, "" or null where Apache
 * has none; the error's own path wins only where the command did not name one.
 */
export function errorText(code: string, path: string | null | undefined): string {
  const sentence = SENTENCES[code];
  if (sentence !== undefined) return `${sentence}${path ?? ""}`;
  return WITHOUT_PATH[code] ?? keeperErrorCode(code, path);
}

/** ZooKeeper's code for an error of the client; undefined when the call itself was wrong. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof KeeperError) return error.code;
  if (error instanceof ConnectionError || error instanceof ClosedError) return "CONNECTIONLOSS";
  if (error instanceof SessionExpiredError) return "SESSIONEXPIRED";
  if (error instanceof AuthFailedError) return "AUTHFAILED";
  if (error instanceof DeadlineError) return "CONNECTIONLOSS";
  return undefined;
}

/** Ctrl-C while a command ran. */
export function interrupted(): CommandError {
  return new CommandError("Interrupted", ShellExit.failed, "INTERRUPTED");
}

/** Turns whatever a command ended with into what is printed; undefined for what is no error of ours but a bug. */
export function commandError(error: unknown, path?: string | null): CommandError | undefined {
  if (error instanceof CommandError) return error;
  if (error instanceof AbortedError || (error instanceof Error && error.name === "AbortError"))
    return interrupted();
  const code = codeOf(error);
  if (code !== undefined) {
    const own = error instanceof KeeperError ? error.path : undefined;
    return new CommandError(errorText(code, path === undefined ? own : path), ShellExit.failed, code);
  }
  return error instanceof ZooKeeperError ? new CommandError(error.message) : undefined;
}
