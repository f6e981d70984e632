import { afterAll } from "vitest";
import { defineFaultSuite } from "../support/ensemble/ensemble-fault-suite.ts";
import { CHIEF_FAULTS } from "../support/ensemble/ensemble-faults.ts";
import { removeServerProgram, serverProgram } from "../support/server-process.ts";

/** The short version; test/interop/ensemble/faults.test.ts has all faults, and five servers. */
defineFaultSuite("three server processes under load and faults", {
  kinds: ["menagerie", "menagerie", "menagerie"],
  faults: CHIEF_FAULTS,
  // A leader that falls silent is replaced after a second. No session is lost: they may be as long as the load wants them, not 20 ticks.
  config: { tickTime: 200, maxSessionTimeout: 60_000 },
  program: serverProgram,
});

afterAll(removeServerProgram);
