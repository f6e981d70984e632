import { OPEN_ACL } from "../../../client/acl.ts";
import { KeeperError } from "../../../client/errors.ts";
import type { CreateMode } from "../../../client/types.ts";
import type { ACL } from "../../../protocol/records/data.ts";
import { readAcl } from "../acl-text.ts";
import type { CommandContext, ShellCommand } from "../command.ts";
import { CommandError, ShellExit } from "../command-error.ts";
import { errorText, keeperErrorCode } from "../error-text.ts";
import type { ParsedWords } from "../option-parser.ts";
import { checkPath } from "../path-check.ts";

const TTL_MS_MAX = 0xffffffffff;

/** `create [-s] [-e] [-c] [-t ttl] path [data] [acl]`. Without data the znode has none at all: null. */
export const create: ShellCommand = {
  options: {
    rows: [
      { name: "e", description: "ephemeral" },
      { name: "s", description: "sequential" },
      { name: "c", description: "container" },
      { name: "t", description: "ttl", hasValue: true },
    ],
  },
  wordsMin: 1,
  async run(words, context) {
    const { mode, ttlMs } = readMode(words);
    const [path = "", data = null, aclText] = words.words;
    const acl = aclText === undefined ? OPEN_ACL : readAcl(aclText, (line) => context.err(line));
    checkPath(path, words.has("s") ? "sequential" : "path");
    refuseEmptyAcl(acl, context);
    try {
      const created = await context.client.create(path, {
        data,
        mode,
        acl,
        ...(ttlMs === undefined ? {} : { ttlMs }),
      });
      context.err(`Created ${created.path}`);
      return { path: created.path };
    } catch (error) {
      const code = error instanceof KeeperError ? error.code : undefined;
      if (code === "EPHEMERALONLOCALSESSION")
        context.err("Unable to create ephemeral node on a local session");
      if (code === "INVALIDACL") context.err(keeperErrorCode(code, path));
      throw error;
    }
  },
};

/** An empty list is refused before anything is sent, and so has no path. */
function refuseEmptyAcl(acl: readonly ACL[], context: CommandContext): void {
  if (acl.length > 0) return;
  context.err(keeperErrorCode("INVALIDACL"));
  throw new CommandError(errorText("INVALIDACL", "null"), ShellExit.failed, "INVALIDACL");
}

function readMode(words: ParsedWords): { readonly mode: CreateMode; readonly ttlMs: number | undefined } {
  const [isEphemeral, isSequential, isContainer] = [words.has("e"), words.has("s"), words.has("c")];
  const ttlText = words.value("t");
  if (isContainer && (isEphemeral || isSequential)) {
    throw new CommandError(
      "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.",
    );
  }
  const ttlMs = ttlText === undefined ? undefined : readTtl(ttlText);
  if (ttlMs === undefined) {
    if (isContainer) return { mode: "container", ttlMs };
    const duration = isEphemeral ? "ephemeral" : "persistent";
    return { mode: isSequential ? `${duration}-sequential` : duration, ttlMs };
  }
  if (isEphemeral) throw new CommandError("TTLs cannot be used with Ephemeral znodes");
  if (isContainer) throw new CommandError("TTLs cannot be used with Container znodes");
  if (ttlMs <= 0 || ttlMs > TTL_MS_MAX)
    throw new CommandError(`ttl must be positive and cannot be larger than: ${TTL_MS_MAX}`);
  return { mode: isSequential ? "persistent-sequential-ttl" : "persistent-ttl", ttlMs };
}

function readTtl(text: string): number {
  if (!/^[+-]?\d{1,19}$/.test(text)) throw new CommandError("-t argument must be a long value");
  return Number(text);
}
