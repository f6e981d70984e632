import type { Divergence, GeneralDivergence } from "../support/compare.ts";

/** Differences that run through all transcripts. */
export const GENERAL_DIVERGENCES: readonly GeneralDivergence[] = [
  {
    id: "notification-zxid",
    peer: "apache-3.8",
    reason:
      "since 3.9.0 a notification's header carries the zxid that fired it, before it was -1 (client-protocol 5.4)",
    rewrite: (seen) => seen.replace(/(event [^|]* zxid=)\+\d+/g, "$1-1"),
  },
];

/** The one table of differences at single steps (client-protocol 3.2, 5.1, 15). */
export const DIVERGENCES: readonly Divergence[] = [];
