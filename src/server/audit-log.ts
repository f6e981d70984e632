import type { Log } from "../base/ports.ts";
import type { AuditEvent } from "../core/machine-event.ts";

/** What the audit log tells besides the machine's events: a start and a stop of the server (operations 4.1). */
export interface ServerAudit {
  readonly operation: "serverStart" | "serverStop";
  readonly result: "success" | "failure" | "invoked";
}

/**
 * Writes the audit log (`audit.enable`): one line per operation, `key=value` pairs between tabs in Apache's order, absent
 * ones left out. Failures at level error, as Apache does.
 */
export class AuditLog {
  readonly #log: Log;
  readonly #serverUser: string;

  /** @param serverUser who the server acts as: the account that runs it */
  constructor(log: Log, serverUser: string) {
    this.#log = log;
    this.#serverUser = serverUser;
  }

  operation(event: AuditEvent): void {
    this.#write(event.result, [
      ["session", String(event.session)],
      ["user", event.user ?? this.#serverUser],
      ["ip", event.ip],
      ["operation", event.operation],
      ["znode", event.znode],
      ["znode_type", event.znodeType],
      ["acl", event.acl],
      ["result", event.result],
    ]);
  }

  server({ operation, result }: ServerAudit): void {
    this.#write(result, [
      ["user", this.#serverUser],
      ["operation", operation],
      ["result", result],
    ]);
  }

  #write(result: string, pairs: readonly (readonly [string, string | undefined])[]): void {
    const line = pairs
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}`)
      .join("\t");
    if (result === "failure") this.#log.error({ audit: true }, line);
    else this.#log.info({ audit: true }, line);
  }
}
