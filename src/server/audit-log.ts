import { userInfo } from "node:os";
import { type AuditRecord, auditLevel, auditLine } from "../admin/audit-log.ts";
import type { Log } from "../base/ports.ts";
import type { AuditEvent } from "../core/machine-event.ts";

/** Writes the audit log (`audit.enable`, operations 4.1): lines of the server's log, marked with `audit`. */
export class AuditLog {
  readonly #log: Log;
  /** Whom the server itself acts as: the account that runs it. */
  readonly #serverUser: string;

  constructor(log: Log) {
    this.#log = log;
    this.#serverUser = accountName();
  }

  operation(event: AuditEvent): void {
    this.#write({ ...event, session: String(event.session), user: event.user ?? this.#serverUser });
  }

  server(operation: "serverStart" | "serverStop", result: "success" | "failure" | "invoked"): void {
    this.#write({ operation, result, user: this.#serverUser });
  }

  #write(record: AuditRecord): void {
    this.#log[auditLevel(record.result)]({ audit: true }, auditLine(record));
  }
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an account, as in many containers.
    return String(process.getuid?.() ?? "");
  }
}
