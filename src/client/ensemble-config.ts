import type { Stat } from "../protocol/records/data.ts";
import { parseConnectString, type ServerAddress } from "./connect-string.ts";

/** The ensemble as `/zookeeper/config` describes it. */
export interface EnsembleConfig {
  /** The text itself; empty on a standalone server. */
  readonly text: string;
  /** `version` of the text: the zxid of the reconfig, in hex; undefined where there is none. */
  readonly version: string | undefined;
  /** `server.N` entries. */
  readonly members: readonly EnsembleMember[];
  /** Of `/zookeeper/config`; its mzxid is that of the last reconfig. */
  readonly stat: Stat;
}

/** One `server.N` entry. */
export interface EnsembleMember {
  /** N, as text. */
  readonly id: string;
  /** Whether it votes. */
  readonly role: "participant" | "observer";
  /** Everything behind `server.N=`. */
  readonly text: string;
  /** Where clients connect; undefined when the entry does not say. */
  readonly clientAddress: ServerAddress | undefined;
}

const WILDCARDS = new Set(["0.0.0.0", "::", "0:0:0:0:0:0:0:0"]);

/** Reads the dynamic configuration (`server.1=host:2888:3888:participant;0.0.0.0:2181`). Lines of other kinds are left out. */
export function parseEnsembleConfig(text: string, stat: Stat): EnsembleConfig {
  const members: EnsembleMember[] = [];
  let version: string | undefined;
  for (const line of text.split("\n")) {
    const [, key = "", value = ""] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === "version") version = value;
    else if (key.startsWith("server.")) members.push(member(key.slice("server.".length), value));
  }
  return { text, version, members, stat };
}

function member(id: string, text: string): EnsembleMember {
  const [quorumPart = "", clientPart] = text.split(";");
  const role = /:observer\b/.test(quorumPart) ? "observer" : "participant";
  const clientAddress = clientPart === undefined ? undefined : addressOf(clientPart, quorumPart);
  return { id, role, text, clientAddress };
}

/** A client part of a port only, or with a wildcard address, means the host of the quorum address. */
function addressOf(clientPart: string, quorumPart: string): ServerAddress | undefined {
  const quorumHost = /^(\[[^\]]+\]|[^:|]+):/.exec(quorumPart)?.[1] ?? "";
  const text = /^\d+$/.test(clientPart) ? `${quorumHost}:${clientPart}` : clientPart;
  try {
    const address = parseConnectString(text).servers[0]!;
    if (!WILDCARDS.has(address.host)) return address;
    return parseConnectString(`${quorumHost}:${address.port}`).servers[0];
  } catch {
    return undefined;
  }
}
