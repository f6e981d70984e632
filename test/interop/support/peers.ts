import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Where scripts/interop.mjs installed the peers (test/interop/peers/install.mjs writes it). */
export interface Peers {
  readonly apache38ClassPath: string;
  readonly apache39ClassPath: string;
  /** Curator's service discovery, without what `apache39ClassPath` has. */
  readonly discoveryClassPath: string;
  /** Apache 3.8's classes without the line editor, for transcripts of zkCli. */
  readonly zkCliClassPath: string;
  readonly pythonPath: string;
  readonly npmDirectory: string;
  readonly javaPrograms38: string;
  readonly javaPrograms39: string;
  readonly cProgram: string;
}

export const REPOSITORY: string = resolve(import.meta.dirname, "../../..");
export const PROGRAMS: string = resolve(import.meta.dirname, "../peers");

/** Throws when the peers are not installed: a real client is never skipped. */
export function peers(): Peers {
  const file = join(REPOSITORY, ".cache/interop/peers.json");
  if (!existsSync(file)) throw new Error(`no ${file}; run: npm run test:interop -- --install-only`);
  return JSON.parse(readFileSync(file, "utf8")) as Peers;
}
