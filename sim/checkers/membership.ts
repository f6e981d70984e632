import { counterOf, type Zxid, zxidToHex } from "../../src/protocol/zxid.ts";
import { membershipIn } from "../membership-txn.ts";
import type { Checker, Facts, Observation } from "../observation.ts";
import { show } from "../txn-history.ts";

/**
 * S23: no server takes a configuration for the ensemble's before it is decided, and none goes back to an older one; what it has on
 * its disk then is what was decided.
 */
export class Membership implements Checker {
  readonly name = "membership";
  readonly #versions = new Map<number, number>();

  see(seen: Observation, facts: Facts): string | undefined {
    // It begins with what somebody has written down for it, whatever it knew before.
    if (seen.kind === "configured") this.#versions.delete(seen.server);
    if (seen.kind === "durable") return this.#activated(seen.server, facts);
    if (seen.kind !== "committed") return undefined;
    for (const { zxid, bytes } of seen.txns) {
      const text = membershipIn(bytes);
      if (text !== undefined && !text.split("\n").includes(`version=${zxidToHex(zxid)}`))
        return `the configuration of ${show(zxid)} has another version`;
    }
    return undefined;
  }

  #activated(server: number, facts: Facts): string | undefined {
    const version = facts.durable(server).configVersion;
    const before = this.#versions.get(server) ?? 0;
    if (version === before) return undefined;
    this.#versions.set(server, version);
    if (version < before)
      return `server ${server} goes back from configuration ${show(before as typeof version)} to ${show(version)}`;
    // The first configuration of all is named for the epoch that it was found in, and is nobody's txn.
    if (counterOf(version) === 0) return undefined;
    // To act on it is to say that it is decided; whether a quorum has it, another checker asks.
    const contradiction =
      facts.commit(version) ?? difference(version, facts.durable(server).configLines, facts);
    return contradiction && `server ${server} acts on configuration ${show(version)}: ${contradiction}`;
  }
}

function difference(version: Zxid, lines: readonly string[], { history }: Facts): string | undefined {
  const text = membershipIn(history.get(version)!.bytes);
  if (text === undefined) return "that is another txn";
  const decided = text.split("\n").filter((line) => !line.startsWith("version="));
  if (decided.sort().join() === lines.join()) return undefined;
  return `it has stored [${lines}], decided is [${decided}]`;
}
