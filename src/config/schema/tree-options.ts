import type { TreeConfig } from "../config.ts";
import { type OptionsOf, passThrough } from "../option.ts";
import { bool, integer } from "../value-type.ts";

/** The data tree. */
export const treeOptions: OptionsOf<TreeConfig> = {
  hasDigest: passThrough({
    key: "digest.enabled",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.6",
    meaning: "Keep a digest of the tree in txns and snapshots, and compare it.",
  }),
  hasExtendedTypes: passThrough({
    key: "extendedTypesEnabled",
    type: bool(),
    default: false,
    importance: "must",
    since: "3.5.4",
    meaning: "Allow znodes with a time to live.",
  }),
  emulates353TtlNodes: passThrough({
    key: "emulate353TTLNodes",
    type: bool(),
    default: false,
    importance: "rarely",
    since: "3.5.4",
    meaning: "Read the encoding of TTL znodes that 3.5.3 wrote.",
  }),
  containerCheckIntervalMs: passThrough({
    key: "znode.container.checkIntervalMs",
    properties: ["znode.container.checkIntervalMs"],
    type: integer("ms", { min: 1 }),
    default: 60_000,
    importance: "should",
    since: "3.6",
    meaning: "How often empty containers and TTL znodes that have run out are looked for.",
  }),
  containersPerMinuteMax: passThrough({
    key: "znode.container.maxPerMinute",
    properties: ["znode.container.maxPerMinute"],
    type: integer("znodes", { min: 1 }),
    default: 10_000,
    importance: "rarely",
    since: "3.6",
    meaning: "How many of them are deleted per minute.",
  }),
  containerNeverUsedMaxMs: passThrough({
    key: "znode.container.maxNeverUsedIntervalMs",
    properties: ["znode.container.maxNeverUsedIntervalMs"],
    type: integer("ms", { bits: 64, floor: 0 }),
    default: 300_000,
    importance: "should",
    since: "3.6",
    meaning: "A container that never had a child is deleted after this time; 0: never.",
  }),
  enforcesQuota: passThrough({
    key: "enforceQuota",
    type: bool(),
    default: false,
    importance: "should",
    since: "3.7",
    meaning: "Quotas count: hard limits refuse, soft limits warn.",
  }),
};
