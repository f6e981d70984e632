import { defineDifferentialSuite } from "../support/suite.ts";
import { ACLS } from "./acls.ts";
import { CREATES } from "./creates.ts";
import { MALFORMED } from "./malformed.ts";
import { MULTIS } from "./multis.ts";
import { RE_REGISTRATION } from "./re-registration.ts";
import { READS_AND_WRITES } from "./reads-and-writes.ts";
import { SESSIONS } from "./sessions.ts";
import { WATCHES } from "./watches.ts";

defineDifferentialSuite("client-visible behaviour", {}, [
  ...SESSIONS,
  ...CREATES,
  ...READS_AND_WRITES,
  ...MULTIS,
  ...WATCHES,
  ...RE_REGISTRATION,
  ...ACLS,
  ...MALFORMED,
]);
