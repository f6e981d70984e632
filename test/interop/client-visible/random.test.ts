import { defineDifferentialSuite } from "../support/suite.ts";
import { randomScenario } from "./random-scenario.ts";

/** More with INTEROP_SEEDS=N, others with INTEROP_SEED=first. */
const FIRST = Number(process.env.INTEROP_SEED ?? 1);
const COUNT = Number(process.env.INTEROP_SEEDS ?? 25);
const STEPS = 250;

const scenarios = Array.from({ length: COUNT }, (_, i) => randomScenario(FIRST + i, STEPS));

/** Against 3.9 only: 3.8 has other rules for several watches on one path and for exists without READ. */
defineDifferentialSuite("random requests of three clients", {}, scenarios, ["apache-3.9"]);
