import { createPrng } from "../../src/base/prng.ts";
import { CHURN_ROOT, DATA_BYTES, DATA_NODES, dataPath } from "./bench-tree.ts";
import type { PlanName } from "./jobs.ts";
import {
  createTemplate,
  deleteTemplate,
  getTemplate,
  multiSetTemplate,
  type RequestTemplate,
  setTemplate,
} from "./templates.ts";

const MULTI_OPS = 10;
const MULTI_DATA_BYTES = 100;
const CHURN_NAMES = 1000;
const CHURN_DATA_BYTES = 100;
const SETS_IN_A_HUNDRED = 10;

/** Znode numbers in an order of their own for each connection, so that connections do not walk in step. */
function shuffledNodes(connection: number): number[] {
  const rng = createPrng(connection + 1);
  const order = Array.from({ length: DATA_NODES }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const other = rng.below(i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

const get = (node: number) => getTemplate(dataPath(node), node, DATA_BYTES);
const set = (node: number) => setTemplate(dataPath(node), node, DATA_BYTES);

const PLANS: Record<PlanName, (connection: number) => RequestTemplate[]> = {
  get: (connection) => shuffledNodes(connection).map(get),
  set: (connection) => shuffledNodes(connection).map(set),
  mix(connection) {
    const rng = createPrng(1000 + connection);
    const kinds = Array.from({ length: DATA_NODES }, (_, i) => (i % 100 < SETS_IN_A_HUNDRED ? set : get));
    for (let i = kinds.length - 1; i > 0; i--) {
      const other = rng.below(i + 1);
      [kinds[i], kinds[other]] = [kinds[other]!, kinds[i]!];
    }
    return shuffledNodes(connection).map((node, i) => kinds[i]!(node));
  },
  createDelete(connection) {
    const data = Buffer.alloc(CHURN_DATA_BYTES, 0x79);
    const paths = Array.from({ length: CHURN_NAMES }, (_, i) => `${CHURN_ROOT}/c${connection}-${i}`);
    return paths.flatMap((path) => [createTemplate(path, data), deleteTemplate(path)]);
  },
  multi() {
    return Array.from({ length: DATA_NODES / MULTI_OPS }, (_, i) => {
      const nodes = Array.from({ length: MULTI_OPS }, (_, k) => i * MULTI_OPS + k);
      return multiSetTemplate(nodes.map(dataPath), i * MULTI_OPS, MULTI_DATA_BYTES);
    });
  },
};

/** The requests of one connection, sent over and over in this order. */
export function planTemplates(plan: PlanName, connection: number): RequestTemplate[] {
  return PLANS[plan](connection);
}
