import type { Instant } from "../../base/ports.ts";
import type { DataTree } from "./data-tree.ts";

export interface ContainerReaperOptions {
  /** `znode.container.checkIntervalMs` */
  readonly checkIntervalMs: number;
  /** `znode.container.maxPerMinute` */
  readonly maxPerMinute: number;
  /** `znode.container.maxNeverUsedIntervalMs`; 0 = never. */
  readonly maxNeverUsedIntervalMs: number;
}

/** The public face; the body follows in the next commit. Propose a deleteContainer for every path that step returns. */
export declare class ContainerReaper {
  constructor(tree: DataTree, options: ContainerReaperOptions, now: Instant);
  /** elapsedMs at which step wants to be called again. */
  readonly nextDeadline: number;
  step(now: Instant): readonly string[];
}
