import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type MemberRole = "participant" | "observer";

/** Where a member listens, on 127.0.0.1. */
export interface MemberPorts {
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
}

/** A line of the configuration as one member sees it. */
export interface ServerLine extends MemberPorts {
  readonly sid: number;
  readonly role: MemberRole;
}

export function serverAddress({ quorum, election, role, client }: Omit<ServerLine, "sid">): string {
  return `127.0.0.1:${quorum}:${election}:${role};127.0.0.1:${client}`;
}

/** `server.N` keys for zoo.cfg. */
export function serverLines(lines: readonly ServerLine[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => [`server.${line.sid}`, serverAddress(line)]));
}

/** Makes a member's directory with its data directory and myid; returns the data directory. */
export function prepareMember(directory: string, sid: number): string {
  const dataDir = join(directory, "data");
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, "myid"), `${sid}\n`);
  return dataDir;
}

/** Writes the members into a dynamic configuration file of their own; returns its name for `dynamicConfigFile`. */
export function writeDynamicFile(directory: string, lines: readonly ServerLine[]): string {
  const file = join(directory, "zoo.cfg.dynamic");
  writeFileSync(
    file,
    Object.entries(serverLines(lines))
      .map(([key, value]) => `${key}=${value}\n`)
      .join(""),
  );
  return file;
}
