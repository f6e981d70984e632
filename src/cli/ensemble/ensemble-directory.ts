import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadConfig } from "../../config/load.ts";

/** One server of an ensemble on this machine, and where its things are. */
export interface LocalMember {
  readonly sid: number;
  /** Holds `zoo.cfg`, `myid`, `server.log`, and the data in `version-2`. */
  readonly directory: string;
  readonly configFile: string;
  readonly clientPort: number;
}

/** What a client connects to. */
export function connectStringOf(members: readonly LocalMember[]): string {
  return members.map(({ clientPort }) => `127.0.0.1:${clientPort}`).join(",");
}

/** The ensemble cannot be made or used; the message says why and what to do. */
export class EnsembleProblem extends Error {
  override readonly name = "EnsembleProblem";
}

/**
 * The ensemble that is in `root` from an earlier start; undefined when there is none.
 *
 * @throws EnsembleProblem when it is of another size; ConfigError when a configuration cannot be used
 */
export function findEnsemble(root: string, size: number): LocalMember[] | undefined {
  let found = 0;
  while (existsSync(configFileOf(root, found + 1))) found++;
  if (found === 0) return undefined;
  if (found !== size) {
    throw new EnsembleProblem(
      `${resolve(root)} holds an ensemble of ${found}: start it with "menagerie ensemble ${found}", or make another one with --dir`,
    );
  }
  return sidsOf(size).map((sid) => {
    const configFile = configFileOf(root, sid);
    const { port } = loadConfig(configFile).clients;
    if (port === null)
      throw new EnsembleProblem(`${configFile} names no client port: set clientPort, or remove ${root}`);
    return { sid, directory: directoryOf(root, sid), configFile, clientPort: port };
  });
}

/** Where the servers of a new ensemble listen. */
export interface BasePorts {
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
}

/** The ports of the tutorials for the client port 2181: 2888 and 3888; the others' follow. */
export function portsFrom(clientPort: number): BasePorts {
  return { client: clientPort, quorum: clientPort + 707, election: clientPort + 1707 };
}

/** Writes directories, `myid` and `zoo.cfg` of a new ensemble. */
export function makeEnsemble(root: string, size: number, ports: BasePorts): LocalMember[] {
  const lines = sidsOf(size).map((sid) => {
    const at = sid - 1;
    return `server.${sid}=127.0.0.1:${ports.quorum + at}:${ports.election + at};127.0.0.1:${ports.client + at}`;
  });
  return sidsOf(size).map((sid) => {
    const directory = directoryOf(root, sid);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "myid"), `${sid}\n`);
    const configFile = configFileOf(root, sid);
    writeFileSync(configFile, configText(directory, lines));
    return { sid, directory, configFile, clientPort: ports.client + sid - 1 };
  });
}

/** A short tick, because nothing is far away here: a lost leader is replaced within a second. */
function configText(directory: string, lines: readonly string[]): string {
  const settings = [
    "# Written by menagerie ensemble; yours from now on.",
    "tickTime=500",
    "initLimit=20",
    "syncLimit=10",
    `dataDir=${directory}`,
    // An ensemble of one is one that can grow.
    "standaloneEnabled=false",
    "4lw.commands.whitelist=*",
    "admin.enableServer=false",
  ];
  return `${[...settings, ...lines].join("\n")}\n`;
}

function sidsOf(size: number): number[] {
  return Array.from({ length: size }, (_, at) => at + 1);
}

function directoryOf(root: string, sid: number): string {
  return resolve(root, String(sid));
}

function configFileOf(root: string, sid: number): string {
  return join(directoryOf(root, sid), "zoo.cfg");
}
