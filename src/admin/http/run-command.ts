import type { AdminCredential, AdminView } from "../admin-view.ts";
import { NOT_SERVING } from "../not-serving.ts";
import type { AdminCommand, CommandReply } from "./command.ts";
import { ADMIN_COMMANDS, COMMAND_NAMES } from "./command-table.ts";
import type { JsonValue } from "./json.ts";

/** One call of an admin command, free of HTTP. */
export interface CommandCall {
  /** Primary name or alias, as typed. */
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly parameters: ReadonlyMap<string, string>;
  readonly body: string;
  /** The Authorization header, or null without one. */
  readonly authorization: string | null;
  readonly remoteHost: string;
}

export interface CommandOutcome {
  readonly status: number;
  /** All fields of the answer, `command` and `error` included. */
  readonly fields: Iterable<readonly [key: string, value: JsonValue]>;
  /** For a 405: the method that the command takes. */
  readonly allow?: "GET" | "POST";
}

/**
 * Runs an admin command in Apache's order of checks: known? method? serving? authorized? Errors that callers can make
 * are answers; what is thrown is a fault of the server.
 */
export async function runCommand(call: CommandCall, view: AdminView): Promise<CommandOutcome> {
  const primaryName = COMMAND_NAMES.get(call.name);
  const command = primaryName === undefined ? undefined : ADMIN_COMMANDS[primaryName];
  if (primaryName === undefined || command === undefined) {
    return refused(call, 200, `Unknown command: ${call.name}`);
  }
  if (command.method !== call.method) {
    return {
      ...refused(call, 405, `Command ${call.name} takes ${command.method} only`),
      allow: command.method,
    };
  }
  if (command.needsServer && !view.isServing()) return refused(call, 200, NOT_SERVING);
  const denial = authorize(call, command, view);
  if (denial !== null) return denial;
  const reply = await command.run({ view, parameters: call.parameters, body: call.body });
  return { status: reply.status ?? 200, fields: completed(reply, primaryName) };
}

function authorize(call: CommandCall, command: AdminCommand, view: AdminView): CommandOutcome | null {
  if (command.requires === undefined) return null;
  if (call.authorization === null) return refused(call, 401, "Auth info is missing for the command");
  const credential = credentialOf(call.authorization, call.remoteHost);
  if (credential === null) return refused(call, 401, "Not authenticated");
  const { permissions, path } = command.requires;
  switch (view.authorize(credential, permissions, path)) {
    case "authorized":
      return null;
    case "unauthenticated":
      return refused(call, 401, "Not authenticated");
    case "unauthorized":
      return refused(call, 403, "Not authorized");
  }
}

/** `<scheme>` or `<scheme> <credential>`, separated by one blank. */
function credentialOf(header: string, remoteHost: string): AdminCredential | null {
  const words = header.replace(/ +$/, "").split(" ");
  if (words.length > 2) return null;
  return { scheme: words[0]!, credential: words[1] ?? null, remoteHost };
}

/** In the errors of these checks, `command` is the name as typed. */
function refused(call: CommandCall, status: number, error: string): CommandOutcome {
  return {
    status,
    fields: [
      ["command", call.name],
      ["error", error],
    ],
  };
}

function* completed(reply: CommandReply, primaryName: string): Iterable<readonly [string, JsonValue]> {
  let hasError = false;
  for (const field of reply.fields) {
    if (field[0] === "error") hasError = true;
    yield field;
  }
  yield ["command", primaryName];
  if (!hasError) yield ["error", null];
}
