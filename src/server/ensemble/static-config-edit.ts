import { Buffer } from "node:buffer";
import { endsInContinuation, parseProperties } from "../../config/properties.ts";

export interface StaticConfigEdit {
  /** Absolute path of the file that holds the ensemble from now on. */
  readonly dynamicConfigFile: string;
  /** The dynamic file says where this server's clients connect. */
  readonly hasClientAddress: boolean;
}

/**
 * Takes out of a static configuration file what the dynamic file holds, and adds the pointer to that (quorum-protocol 5.2).
 * Everything else stays as it is, comments and order too; Apache writes keys and values anew, without escapes.
 */
export function editStaticConfig(bytes: Uint8Array, edit: StaticConfigEdit): Buffer {
  const kept = settingsOf(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"),
  ).filter((lines) => {
    const [setting] = parseProperties(Buffer.from(lines, "latin1"));
    return setting === undefined || !isDynamic(setting.key.trim(), edit.hasClientAddress);
  });
  const text = kept.join("\n").replace(/\n+$/, "");
  const pointer = `dynamicConfigFile=${escapeValue(edit.dynamicConfigFile)}\n`;
  return Buffer.from(text === "" ? pointer : `${text}\n${pointer}`, "latin1");
}

/** The prefixes that Apache looks at. */
function isDynamic(key: string, hasClientAddress: boolean): boolean {
  return (
    /^(server\.|group|weight|peerType|dynamicConfigFile)/.test(key) ||
    (hasClientAddress && key.startsWith("clientPort"))
  );
}

/** The lines of the file, those of one setting together. */
function settingsOf(text: string): string[] {
  const settings: string[] = [];
  let open = "";
  for (const line of text.split(/\r\n|\r|\n/)) {
    const joined = open === "" ? line : `${open}\n${line}`;
    const isComment = open === "" && /^[ \t\f]*[#!]/.test(line);
    if (!isComment && endsInContinuation(line)) {
      open = joined;
      continue;
    }
    settings.push(joined);
    open = "";
  }
  if (open !== "") settings.push(open);
  return settings;
}

/** What a properties file cannot hold as it is. */
function escapeValue(value: string): string {
  return value
    .replace(/\\/g, "\\\\")
    .replace(/[^\x20-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
