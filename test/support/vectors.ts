import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/**
 * Files and captures written by unmodified Apache ZooKeeper 3.8.0 servers, copied into `test/golden/vectors/`; the README
 * there says how each was made.
 */
const ROOT = join(import.meta.dirname, "../golden/vectors");
const APACHE = join(ROOT, "apache-3.8.0");

/** Bytes of a vector, for example `standalone-basic/version-2/log.1`; gunzipped if only `<path>.gz` is there. */
export function vectorBytes(path: string): Buffer {
  const file = join(APACHE, path);
  return existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`));
}

/** A vector parsed as JSON; the caller knows its shape. */
export function vectorJson<T>(path: string): T {
  return JSON.parse(vectorBytes(path).toString("utf8")) as T;
}

/** Names in a vector directory, sorted, as they would be in the server's directory (logs without `.gz`). */
export function vectorNames(directory: string): string[] {
  const names = readdirSync(join(APACHE, directory)).map((name) =>
    name.replace(/^(log\.[0-9a-f]+)\.gz$/, "$1"),
  );
  return names.sort();
}

/** One payload of a captured conversation (without the 4 length bytes), or the server closing the connection. */
export interface CapturedFrame {
  readonly from: "client" | "server";
  readonly payload: Buffer;
}

export interface CapturedExchange {
  /** `G1` … `G55`. */
  readonly id: string;
  readonly title: string;
  readonly frames: readonly CapturedFrame[];
  readonly isClosedByServer: boolean;
}

/** The conversations of `client-frames.txt`, in order. */
export function clientExchanges(): CapturedExchange[] {
  const exchanges: CapturedExchange[] = [];
  let frames: CapturedFrame[] = [];
  for (const line of readFileSync(join(ROOT, "client-frames.txt"), "utf8").split("\n")) {
    const title = /^# (G\d+) (.*)$/.exec(line);
    if (title !== null) {
      frames = [];
      exchanges.push({ id: title[1]!, title: title[2]!, frames, isClosedByServer: false });
    } else if (line === "< EOF") {
      exchanges.push({ ...exchanges.pop()!, isClosedByServer: true });
    } else if (/^[<>] /.test(line)) {
      const bytes = Buffer.from(line.slice(2), "hex");
      if (bytes.readInt32BE(0) !== bytes.length - 4)
        throw new Error(`broken frame in client-frames.txt: ${line}`);
      frames.push({ from: line.startsWith(">") ? "client" : "server", payload: bytes.subarray(4) });
    }
  }
  return exchanges;
}
