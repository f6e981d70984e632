import { expect, it } from "vitest";
import { COUNTER_SETS, COUNTERS } from "../../src/metrics/counter-table.ts";
import { GAUGE_SETS, QUORUM_GAUGES, SERVER_GAUGES } from "../../src/metrics/gauge-table.ts";
import type { MetricRow } from "../../src/metrics/metric-row.ts";
import { OMITTED_METRICS } from "../../src/metrics/omitted-metrics.ts";
import {
  PERCENTILE_SUMMARIES,
  PERCENTILE_SUMMARY_SETS,
  SUMMARIES,
  SUMMARY_SETS,
} from "../../src/metrics/summary-table.ts";
import { docsPath, readDocs, tableOf, withSection } from "./generated-section.ts";

type Rows = Readonly<Record<string, MetricRow>>;

const SECTIONS: Record<string, string> = {
  gauges: metricTable(SERVER_GAUGES),
  "quorum gauges": metricTable(QUORUM_GAUGES),
  counters: metricTable(COUNTERS),
  summaries: metricTable(SUMMARIES),
  "percentile summaries": metricTable(PERCENTILE_SUMMARIES),
  sets: tableOf(
    ["name", "kind", "fed by", "meaning"],
    [
      ...setRows("gauge", GAUGE_SETS),
      ...setRows("counter", COUNTER_SETS),
      ...setRows("summary", SUMMARY_SETS),
      ...setRows("summary with percentiles", PERCENTILE_SUMMARY_SETS),
    ],
  ),
  "left out": tableOf(
    ["name", "why"],
    Object.entries(OMITTED_METRICS).map(([name, why]) => [`\`${name}\``, why]),
  ),
};

function metricTable(rows: Rows): string {
  return tableOf(
    ["name", "fed by", "meaning"],
    Object.entries(rows).map(([name, row]) => [`\`${name}\``, row.fedBy, row.help]),
  );
}

function setRows(kind: string, rows: Rows): string[][] {
  return Object.entries(rows).map(([name, row]) => [`\`<key>_${name}\``, kind, row.fedBy, row.help]);
}

it("docs/metrics.md has a row for every metric (write it anew with: npx vitest run test/docs -u)", async () => {
  let document = readDocs("metrics.md");
  for (const [name, table] of Object.entries(SECTIONS)) document = withSection(document, name, table);
  await expect(document).toMatchFileSnapshot(docsPath("metrics.md"));
});
