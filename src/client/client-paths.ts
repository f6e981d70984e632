import { Buffer } from "node:buffer";
import { validatePath } from "../protocol/path.ts";
import { MisuseError } from "./errors.ts";
import type { Data } from "./types.ts";

/** What the server calls `path` of a client with this chroot. @throws MisuseError for what is not a path */
export function serverPath(chroot: string, path: string): string {
  const reason = validatePath(path);
  if (reason !== undefined) throw badPath(path, reason);
  return withChroot(chroot, path);
}

/** The same for a sequential create, where the server appends the name's end: `/a/` is allowed (client-protocol 4.2). */
export function sequentialServerPath(chroot: string, path: string): string {
  const reason = validatePath(`${path}1`);
  if (reason !== undefined) throw badPath(path, reason);
  return withChroot(chroot, path);
}

export function withChroot(chroot: string, path: string): string {
  if (chroot === "") return path;
  return path === "/" ? chroot : chroot + path;
}

export function badPath(path: string, reason: string): MisuseError {
  return new MisuseError(
    `${JSON.stringify(path)} is not a znode's path: ${reason}. Write /name/name without a / at the end`,
  );
}

const EMPTY = new Uint8Array(0);

/** Text as UTF-8; undefined is empty. */
export function dataBytes(data: Data | undefined): Uint8Array | null {
  if (data === undefined) return EMPTY;
  return typeof data === "string" ? Buffer.from(data, "utf8") : data;
}
