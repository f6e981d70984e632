import type { ValueType } from "./value-type.ts";

/** How many operators will miss an option that does nothing (configuration, column "class"). */
export type Importance = "must" | "should" | "rarely" | "jvm-only";

/** `now`: acted on. `later`: read and checked, the feature comes. `none`: has no meaning here, and why. */
export type Effect =
  | { readonly kind: "now" }
  | { readonly kind: "later"; readonly feature: string }
  | { readonly kind: "none"; readonly reason: string };

export const NOW: Effect = { kind: "now" };
/** For a member of an ensemble only. */
export const ENSEMBLE: Effect = { kind: "now" };
export const ENSEMBLE_LATER: Effect = { kind: "later", feature: "this part of ensembles" };
export const TLS: Effect = { kind: "later", feature: "TLS" };
export const SASL: Effect = { kind: "later", feature: "SASL" };

/** One option an operator can set: one row of the table in `schema.ts`. */
export interface Option<T> {
  /** The spelling in zoo.cfg. */
  readonly key: string;
  /** Other spellings the file may use: labels of Apache's guide that Apache itself does not read. */
  readonly aliases: readonly string[];
  /**
   * The Java system properties that set it, strongest first. Empty for the keys that Apache reads from the file only.
   */
  readonly properties: readonly string[];
  /** Apache parses it itself ("named key", configuration 2): strict syntax, and the key is no system property. */
  readonly isNamed: boolean;
  readonly type: ValueType<T>;
  readonly default: T;
  /** How the documentation writes the default when the value alone says too little. */
  readonly defaultText: string | undefined;
  readonly importance: Importance;
  /** The Apache release that brought it. */
  readonly since: string;
  /** One line, for the documentation. */
  readonly meaning: string;
  readonly effect: Effect;
}

/** What every row says; the rest has defaults. */
export interface OptionSpec<T> {
  readonly key: string;
  readonly aliases?: readonly string[];
  readonly properties?: readonly string[];
  readonly type: ValueType<T>;
  readonly default: NoInfer<T>;
  readonly defaultText?: string;
  readonly importance: Importance;
  readonly since: string;
  readonly meaning: string;
  readonly effect?: Effect;
}

/** A key Apache parses itself: from the file only, strictly. */
export function named<T>(spec: OptionSpec<T>): Option<T> {
  return complete(spec, [], true);
}

/** A key Apache turns into a system property: from the file, or as `-D` on the command line; the file wins. */
export function passThrough<T>(spec: OptionSpec<T>): Option<T> {
  return complete(spec, [`zookeeper.${spec.key}`], false);
}

function complete<T>(spec: OptionSpec<T>, properties: readonly string[], isNamed: boolean): Option<T> {
  return {
    key: spec.key,
    aliases: spec.aliases ?? [],
    properties: spec.properties ?? properties,
    isNamed,
    type: spec.type,
    default: spec.default,
    defaultText: spec.defaultText,
    importance: spec.importance,
    since: spec.since,
    meaning: spec.meaning,
    effect: spec.effect ?? NOW,
  };
}

/** One option for each field of a section of {@link import("./config.ts").Config}: a missing or ill-typed row does not compile. */
export type OptionsOf<Section> = { readonly [Field in keyof Section]: Option<Section[Field]> };
