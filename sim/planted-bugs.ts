import type { KnownBug } from "./bugs/known-bug.ts";
import { BUGS_OF_DISKS } from "./bugs/of-disks.ts";
import { BUGS_OF_SERVICE } from "./bugs/of-service.ts";
import { BUGS_OF_SYNC } from "./bugs/of-sync.ts";
import { BUGS_OF_WORDS } from "./bugs/of-words.ts";
import { MODE_BUGS } from "./modes/mode-bugs.ts";

export type { KnownBug };

/** Each is planted on all servers. */
export const KNOWN_BUGS: readonly KnownBug[] = [
  ...BUGS_OF_WORDS,
  ...BUGS_OF_SYNC,
  ...BUGS_OF_DISKS,
  ...BUGS_OF_SERVICE,
  ...MODE_BUGS,
];

/** By name. */
export const PLANTED_BUGS: ReadonlyMap<string, KnownBug> = new Map(KNOWN_BUGS.map((bug) => [bug.name, bug]));
