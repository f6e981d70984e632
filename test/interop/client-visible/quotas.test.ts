import { defineDifferentialSuite } from "../support/suite.ts";
import { QUOTAS } from "./quotas.ts";

defineDifferentialSuite("quotas, enforced", { config: { enforceQuota: true } }, QUOTAS);
defineDifferentialSuite("quotas, not enforced", {}, QUOTAS.slice(0, 3));
