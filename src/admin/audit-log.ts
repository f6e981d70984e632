import type { AuditEvent } from "../core/machine-event.ts";

/** Operations of the audit log (operations.md 4.1). Reads are never audited. */
export type AuditOperation = AuditEvent["operation"] | "serverStart" | "serverStop";

/** `invoked`: the stop of a server, which cannot know how it ended. */
export type AuditResult = AuditEvent["result"] | "invoked";

/** One audited operation; what does not apply is undefined and left out of the line. */
export interface AuditRecord {
  /** `0x…`. */
  readonly session?: string | undefined;
  /** Names of the session's identities, comma separated; for the server's own doings the account that runs it. */
  readonly user?: string | undefined;
  readonly ip?: string | undefined;
  readonly operation: AuditOperation;
  readonly znode?: string | undefined;
  /** `persistent`, `ephemeral_sequential`, `container`, … for creates. */
  readonly znodeType?: string | undefined;
  /** `scheme:id:perms` of every entry, concatenated. */
  readonly acl?: string | undefined;
  readonly result: AuditResult;
}

/** The fields in the order in which they are printed, and their names there. */
const FIELDS = [
  ["session", "session"],
  ["user", "user"],
  ["ip", "ip"],
  ["operation", "operation"],
  ["znode", "znode"],
  ["znodeType", "znode_type"],
  ["acl", "acl"],
  ["result", "result"],
] as const satisfies readonly (readonly [keyof AuditRecord, string])[];

/**
 * One line of the audit log, without the logger's prefix: `key=value` pairs between tabs, absent ones left out.
 *
 * Control characters in values are escaped (`\t`, `\n`, `\x1b`): user names come from clients, and one with a tab could
 * forge the pairs behind it, one with a newline whole lines. Apache writes them as they are.
 */
export function auditLine(record: AuditRecord): string {
  return FIELDS.flatMap(([field, name]) => {
    const value = record[field];
    return value === undefined ? [] : [`${name}=${escapeControls(value)}`];
  }).join("\t");
}

/** Failures are logged as errors, everything else as information. */
export function auditLevel(result: AuditResult): "info" | "error" {
  return result === "failure" ? "error" : "info";
}

function escapeControls(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to be found
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (control) => {
    if (control === "\t") return "\\t";
    if (control === "\n") return "\\n";
    if (control === "\r") return "\\r";
    const code = control.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}
