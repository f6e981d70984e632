import { authFamilies } from "./schema/auth-options.ts";
import { noEffectOptions } from "./schema/no-effect-options.ts";
import { allOptions } from "./schema.ts";

/** Everything that may be written in zoo.cfg with an effect, or without one but on purpose. */
function knownKeys(): string[] {
  const options = allOptions().flatMap(({ key, aliases }) => [key, ...aliases]);
  const silent = noEffectOptions.flatMap(({ key, aliases = [] }) => [key, ...aliases]);
  return [...options, ...silent];
}

/** True for keys that are taken without effect and without a word. */
export function isSilentKey(key: string): boolean {
  return noEffectOptions.some((option) => option.key === key || option.aliases?.includes(key) === true);
}

/** True for keys of which there can be many, e.g. `authProvider.1`. */
export function isFamilyKey(key: string): boolean {
  return authFamilies.some((family) => key.startsWith(family.key.replace("<any>", "")));
}

/**
 * The known key that an unknown one was probably meant to be: the same but for case, a `zookeeper.` too many, or at
 * most two letters off. Undefined when nothing is near.
 */
export function nearestKey(unknown: string): string | undefined {
  const wanted = unknown.replace(/^zookeeper\./, "").toLowerCase();
  let nearest: string | undefined;
  let nearestDistance = Math.min(3, Math.ceil(wanted.length / 3) + 1);
  for (const key of knownKeys()) {
    const distance = editDistance(wanted, key.toLowerCase(), nearestDistance);
    if (distance >= nearestDistance) continue;
    nearest = key;
    nearestDistance = distance;
  }
  return nearest;
}

/** Levenshtein's distance, or `limit` as soon as it cannot stay below. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    if (Math.min(...current) >= limit) return limit;
    previous = current;
  }
  return previous[b.length] ?? limit;
}
