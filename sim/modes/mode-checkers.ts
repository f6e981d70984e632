import { ClientOrder } from "../checkers/client-order.ts";
import { LocalSessions } from "../checkers/local-sessions.ts";
import { Phantoms } from "../checkers/phantoms.ts";
import { ReadOnly } from "../checkers/read-only.ts";
import { Steady } from "../checkers/steady.ts";
import type { Checker } from "../observation.ts";
import type { Mode } from "./mode.ts";

/** What has to hold in every mode, as far as it depends on which one it is. */
export function modeCheckers({ sessions }: Mode): Checker[] {
  return [new ReadOnly(), new LocalSessions(sessions), new ClientOrder(), new Steady(), new Phantoms()];
}
