import { type Better, median, ratio, spread } from "../statistics.ts";
import { LIBRARIES, type LibraryName } from "./libraries.ts";
import type { Slice } from "./orders.ts";

/** All slices of one workload. */
export type Rounds = ReadonlyMap<LibraryName, readonly Slice[]>;

const TITLE_WIDTH = 24;
const CELL_WIDTH = 24;

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(TITLE_WIDTH) : cell.padStart(CELL_WIDTH))).join("");
}

/** The table's first line. */
export const HEAD: string = line(["", ...LIBRARIES, "times better"]);

/**
 * Medians of each library, and how many times better ours is than the better of the others: the median of the ratios of each round with
 * the lowest and the highest, so that a slow moment of the machine falls on all three.
 */
export function figureLine(
  title: string,
  figures: ReadonlyMap<LibraryName, number | readonly number[]>,
  better: Better,
): string {
  const [ours, ...others] = LIBRARIES.map((name) => [figures.get(name)!].flat()) as [number[], ...number[][]];
  const pick = better === "higher" ? Math.max : Math.min;
  const ratios = ours.map((own, i) => ratio(own, pick(...others.map((their) => their[i]!)), better));
  const { min, median: middle, max } = spread(ratios);
  const range = ratios.length === 1 ? "" : ` (${min.toFixed(2)} … ${max.toFixed(2)})`;
  const digits = better === "higher" ? 0 : 1;
  const text = (all: readonly number[]): string =>
    median(all).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return line([title, ...[ours, ...others].map(text), `${middle.toFixed(2)}${range}`]);
}
