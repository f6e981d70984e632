import { defineFaultSuite } from "../../support/ensemble/ensemble-fault-suite.ts";
import { ALL_FAULTS } from "../../support/ensemble/ensemble-faults.ts";
import { SUBJECT } from "../support/suite.ts";

defineFaultSuite("three servers under load and faults", {
  kinds: [SUBJECT, SUBJECT, SUBJECT],
  faults: ALL_FAULTS,
});

defineFaultSuite("five servers under load and faults", {
  kinds: [SUBJECT, SUBJECT, SUBJECT, SUBJECT, SUBJECT],
  faults: ALL_FAULTS,
});
