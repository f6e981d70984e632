// Prints why something failed and, as the last line, "N passed, N failed" over all reports and steps.
//
//   node .ci/summary.mjs <failed steps, comma separated> <report.json>...

import { sumTotals } from "./totals.mjs";

const [failedSteps = "", ...reports] = process.argv.slice(2);
const steps = failedSteps.split(",").filter((name) => name !== "");
const totals = sumTotals(reports);
for (const step of steps) console.log(`failed step: ${step}`);
for (const reason of totals.reasons) console.log(`failed: ${reason}`);
if (totals.skipped > 0) console.log(`skipped: ${totals.skipped}`);
const failed = totals.failed + steps.length;
console.log(`${totals.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && totals.passed > 0 ? 0 : 1;
