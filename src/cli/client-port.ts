import { existsSync, readFileSync } from "node:fs";
import { loadSettings } from "../config/load.ts";
import type { FileSettings } from "../config/settings.ts";
import { type HostPort, MembershipError } from "../core/quorum/membership.ts";
import { parseServerLine } from "../core/quorum/server-line.ts";

/** Where a server listens for clients, as far as its configuration tells. */
export interface ClientPort {
  readonly host: string;
  readonly port: string;
  readonly isSecure: boolean;
}

/** The port, and what `zkServer.sh status` prints on the way to it. */
export interface Located {
  readonly lines: readonly string[];
  readonly found: ClientPort | undefined;
}

/**
 * Looks for the client port as Apache's script does: `clientPort`, the own server line in the static and then in the
 * dynamic file, `secureClientPort` (command-line 1.1). Throws `ConfigError` when the file cannot be read.
 */
export function locateClientPort(configFile: string): Located {
  const settings = loadSettings(configFile);
  const host = settings.get("clientPortAddress")?.value || "localhost";
  const port = settings.get("clientPort")?.value ?? "";
  if (/^[0-9]+$/.test(port)) return { lines: [], found: { host, port, isSecure: false } };
  const lines: string[] = [];
  const listed = fromServerLine(settings, lines);
  if (listed !== undefined) return { lines, found: listed };
  lines.push("Client port not found. Looking for secureClientPort in the static config.");
  const securePort = settings.get("secureClientPort")?.value ?? "";
  if (securePort !== "") {
    const secureHost = settings.get("secureClientPortAddress")?.value || "localhost";
    return { lines, found: { host: secureHost, port: securePort, isSecure: true } };
  }
  lines.push("Unable to find either secure or unsecure client port in any configs. Terminating.");
  return { lines, found: undefined };
}

function fromServerLine(settings: FileSettings, lines: string[]): ClientPort | undefined {
  const myid = readMyid(settings.get("dataDir")?.value ?? "");
  if (myid === undefined) {
    lines.push("myid could not be determined, will not able to locate clientPort in the server configs.");
    return undefined;
  }
  const inStatic = clientPartOf(settings, myid);
  if (inStatic !== undefined) return inStatic;
  lines.push("Client port not found in static config file. Looking in dynamic config file.");
  const dynamicFile = settings.get("dynamicConfigFile")?.value ?? "";
  const inDynamic = existsSync(dynamicFile) ? clientPartOf(loadSettings(dynamicFile), myid) : undefined;
  if (inDynamic === undefined) lines.push("Client port not found in the server configs");
  return inDynamic;
}

function readMyid(dataDir: string): string | undefined {
  const path = `${dataDir}/myid`;
  const text = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  return /^[0-9]+$/.test(text) ? text : undefined;
}

function clientPartOf(settings: FileSettings, myid: string): ClientPort | undefined {
  const line = settings.get(`server.${myid}`)?.value;
  const client = line === undefined ? null : clientOf(Number(myid), line);
  if (client === null) return undefined;
  return {
    host: client.host === "0.0.0.0" ? "localhost" : client.host,
    port: String(client.port),
    isSecure: false,
  };
}

/** A line that the server would refuse tells nothing. */
function clientOf(id: number, line: string): HostPort | null {
  try {
    return parseServerLine(id, line, true).client;
  } catch (error) {
    if (error instanceof MembershipError) return null;
    throw error;
  }
}
