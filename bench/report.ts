import type { SubjectName } from "./options.ts";
import { median, pairRatios, type Spread, spread } from "./statistics.ts";
import type { Metric } from "./workloads.ts";

export interface MetricReport extends Metric {
  readonly apache?: readonly number[];
  readonly menagerie?: readonly number[];
  /** Round by round, how many times better we are. */
  readonly ratios?: readonly number[];
  readonly ratio?: number;
}

export interface WorkloadReport {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly MetricReport[];
  /** Highest share of the load generator's processor that it used in a round; near 1 it was the limit, not the server. */
  readonly loadCpuShare?: number;
  /** Highest share of the machine that other programs used in a round. */
  readonly otherCpuShare?: number;
}

export interface BenchReport {
  readonly at: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly workloads: readonly WorkloadReport[];
}

export type Figures = Partial<Record<SubjectName, readonly (readonly number[])[]>>;

/** @param figures per server, per round, per metric */
export function metricReports(metrics: readonly Metric[], figures: Figures): MetricReport[] {
  return metrics.map((metric, i) => {
    const apache = figures.apache?.map((round) => round[i]!);
    const menagerie = figures.menagerie?.map((round) => round[i]!);
    const sides = { ...(apache && { apache }), ...(menagerie && { menagerie }) };
    if (apache === undefined || menagerie === undefined) return { ...metric, ...sides };
    const ratios = pairRatios(menagerie, apache, metric.better);
    return { ...metric, ...sides, ratios, ratio: median(ratios) };
  });
}

function number(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function cell(values: readonly number[] | undefined): string {
  if (values === undefined) return "-";
  const { min, median: middle, max }: Spread = spread(values);
  return values.length === 1 ? number(middle) : `${number(middle)} (${number(min)} … ${number(max)})`;
}

function ratioCell(report: MetricReport): string {
  if (report.ratios === undefined || report.ratio === undefined) return "-";
  const { min, max } = spread(report.ratios);
  const range = report.ratios.length === 1 ? "" : ` (${min.toFixed(2)} … ${max.toFixed(2)})`;
  return `${report.ratio.toFixed(2)}${range}`;
}

function notes(workload: WorkloadReport): string {
  const found: string[] = [];
  if ((workload.loadCpuShare ?? 0) > 0.95) found.push("load generator at its limit");
  if ((workload.otherCpuShare ?? 0) > 0.05) {
    found.push(`noisy: other programs used ${Math.round(workload.otherCpuShare! * 100)} % of the machine`);
  }
  return found.length === 0 ? "" : `  [${found.join("; ")}]`;
}

const HEAD = ["", "Apache ZooKeeper", "Menagerie", "times better"];

/** The table, as text. Each cell is the median of the rounds, with the lowest and the highest. */
export function renderTable(report: BenchReport): string {
  const rows: (string[] | string)[] = [];
  for (const workload of report.workloads) {
    rows.push(`${workload.title}${notes(workload)}`);
    for (const metric of workload.metrics) {
      const label = `  ${metric.name} ${metric.unit}`;
      rows.push([label, cell(metric.apache), cell(metric.menagerie), ratioCell(metric)]);
    }
  }
  const cells = [HEAD, ...rows.filter((row) => Array.isArray(row))];
  const widths = HEAD.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  const body = rows.map((row) => (Array.isArray(row) ? line(row) : `\n${row}`));
  const machine = Object.entries(report.machine).map(([name, value]) => `${name}: ${value}`);
  return [...machine, "", line(HEAD), ...body, ""].join("\n");
}
