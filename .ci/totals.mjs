import { existsSync, readFileSync } from "node:fs";

/**
 * Counts of one vitest JSON report. A file that could not be loaded has no test of its own that failed, so it counts
 * as one failure; a report that is missing or unreadable likewise.
 */
export function totalsOf(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, reasons: [`no report ${file}`] };
  const totals = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, reasons: [`${file}: ${error.message}`] };
  }
  for (const suite of report.testResults) {
    let failedHere = 0;
    for (const test of suite.assertionResults) {
      if (test.status === "passed") totals.passed++;
      else if (test.status === "failed") {
        failedHere++;
        totals.reasons.push(`${suite.name}: ${test.fullName}`);
      } else totals.skipped++;
    }
    if (suite.status === "failed" && failedHere === 0) {
      failedHere = 1;
      totals.reasons.push(`${suite.name}: ${suite.message || "the file failed"}`);
    }
    totals.failed += failedHere;
  }
  if (report.testResults.length === 0) {
    totals.failed++;
    totals.reasons.push(`${file}: no test ran`);
  }
  return totals;
}

/** The sum over several reports. */
export function sumTotals(files) {
  const sum = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  for (const file of files) {
    const one = totalsOf(file);
    sum.passed += one.passed;
    sum.failed += one.failed;
    sum.skipped += one.skipped;
    sum.reasons.push(...one.reasons);
  }
  return sum;
}
