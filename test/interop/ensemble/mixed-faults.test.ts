import { defineFaultSuite } from "../../support/ensemble/ensemble-fault-suite.ts";
import { CHIEF_FAULTS, cutFollower, deafenLeader } from "../../support/ensemble/ensemble-faults.ts";
import { SUBJECT } from "../support/suite.ts";

const FAULTS = [cutFollower, deafenLeader, ...CHIEF_FAULTS];

// Not with 3.8.0: two of it keep their log apart under faults by themselves (ZOOKEEPER-3911, -4394, -4643, -4712).
defineFaultSuite("two servers of ours and Apache's under load and faults", {
  kinds: ["apache-3.9", SUBJECT, SUBJECT],
  faults: FAULTS,
});

defineFaultSuite("two servers of Apache's and ours under load and faults", {
  kinds: ["apache-3.9", SUBJECT, "apache-3.9"],
  faults: FAULTS,
});
