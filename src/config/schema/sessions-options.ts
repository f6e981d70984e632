import type { SessionsConfig } from "../config.ts";
import { ENSEMBLE, named, type OptionsOf, passThrough } from "../option.ts";
import { bool, integer, type ValueType } from "../value-type.ts";

/** At least one; Apache calls 0 not set. */
function tickTime(): ValueType<number> {
  const type = integer("ms", { min: 1 });
  return {
    ...type,
    parse(text, syntax) {
      const isZero = /^[+-]?0+$/.test(text);
      return isZero ? { ok: false, reason: "tickTime is not set" } : type.parse(text, syntax);
    },
  };
}

/** Time as sessions see it. */
export const sessionsOptions: OptionsOf<SessionsConfig> = {
  tickTimeMs: named({
    key: "tickTime",
    type: tickTime(),
    default: 3000,
    importance: "must",
    since: "3.0",
    meaning:
      "The unit of time: session limits, session expiry and the ensemble's limits are counted in ticks.",
  }),
  timeoutMinMs: named({
    key: "minSessionTimeout",
    type: integer("ms", { min: -1 }),
    default: -1,
    defaultText: "2 x tickTime",
    importance: "must",
    since: "3.3",
    meaning: "Clients that ask for a shorter session timeout get this one.",
  }),
  timeoutMaxMs: named({
    key: "maxSessionTimeout",
    type: integer("ms", { min: -1 }),
    default: -1,
    defaultText: "20 x tickTime",
    importance: "must",
    since: "3.3",
    meaning: "Clients that ask for a longer session timeout get this one.",
  }),
  hasLocalSessions: named({
    key: "localSessionsEnabled",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.5",
    meaning: "Sessions are known to one server only, until they need more.",
    effect: ENSEMBLE,
  }),
  upgradesLocalSessions: named({
    key: "localSessionsUpgradingEnabled",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.5",
    meaning: "A local session becomes global when it makes its first ephemeral znode.",
    effect: ENSEMBLE,
  }),
  listsEphemeralsInCloseSession: passThrough({
    key: "closeSessionTxn.enabled",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.6",
    meaning: "A closeSession txn lists the ephemeral znodes it deletes.",
  }),
};
