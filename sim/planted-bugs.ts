import type { PlantedBug } from "./ensemble-run.ts";

/** By name. */
export const PLANTED_BUGS: ReadonlyMap<string, () => PlantedBug> = new Map();
