import type { AdminView } from "../admin-view.ts";
import type { JsonValue } from "./json.ts";

/** What a command is told. */
export interface CommandRequest {
  readonly view: AdminView;
  /** Query parameters, the first value of each. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Body of a POST as text; empty for GET. */
  readonly body: string;
}

/** What a command answers; `command` and `error` are added behind the fields, unless `error` is among them. */
export interface CommandReply {
  /** Default 200, also with an error: Apache tells errors in the body. */
  readonly status?: number;
  readonly fields: Iterable<readonly [key: string, value: JsonValue]>;
}

/** Permissions that the caller needs on a znode. */
export interface RequiredPermission {
  /** Bits of `Perms`. */
  readonly permissions: number;
  readonly path: string;
}

/** One admin command (operations.md 2.2). */
export interface AdminCommand {
  readonly aliases: readonly string[];
  readonly method: "GET" | "POST";
  /** True if it only works while requests are served. */
  readonly needsServer: boolean;
  /** Present if the caller must send an Authorization header. */
  readonly requires?: RequiredPermission;
  run(request: CommandRequest): CommandReply | Promise<CommandReply>;
}

/** A reply with these fields in this order. */
export function reply(fields: Readonly<Record<string, JsonValue>>, status = 200): CommandReply {
  return { status, fields: Object.entries(fields) };
}

/** A GET command that needs a serving server: what most of them are. */
export function getCommand(
  aliases: readonly string[],
  run: (request: CommandRequest) => CommandReply | Promise<CommandReply>,
): AdminCommand {
  return { aliases, method: "GET", needsServer: true, run };
}
