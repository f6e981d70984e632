import type { Checker, Facts, Observation } from "../observation.ts";

/** S3, S5, S16: one zxid is one txn, and it is behind the same txn in every log. */
export class LogAgreement implements Checker {
  readonly name = "log-agreement";

  see(seen: Observation, { history }: Facts): string | undefined {
    if (seen.kind !== "logged") return undefined;
    const contradiction = history.add(seen.zxid, seen.previous, seen.bytes);
    return contradiction && `server ${seen.server}: ${contradiction}`;
  }
}
