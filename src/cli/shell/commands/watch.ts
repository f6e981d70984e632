import type { GapEvent, WatchEvent } from "../../../client/types.ts";
import { zxidToHex } from "../../../protocol/zxid.ts";
import type { CommandContext, ShellCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { dataJson, dataText } from "../data-text.ts";
import { checkPath } from "../path-check.ts";

/** `watch [-1] [-d] [-n count] path`: prints every change of a subtree as it happens, until Ctrl-C or `count` changes. */
export const watch: ShellCommand = {
  options: {
    rows: [
      { name: "1", description: "this znode only, not what is below it" },
      { name: "d", description: "print the new data too" },
      { name: "n", description: "end after so many changes", hasValue: true },
    ],
  },
  wordsMin: 1,
  async run(words, context) {
    const path = checkPath(words.words[0]!);
    const count = readCount(words.value("n"));
    const mode = words.has("1") ? "persistent" : "persistent-recursive";
    const found = await context.client.watch(path, { mode, signal: context.signal });
    let seen = 0;
    try {
      for await (const event of found) {
        await show(event, words.has("d"), context);
        if (++seen >= count) break;
      }
    } finally {
      await found.close();
    }
    if (seen < count && !context.signal.aborted)
      throw new CommandError("The session is over, and the watch with it");
    return undefined;
  },
};

function readCount(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new CommandError(`-n must be a number of changes, not "${text}"`);
  return Number(text);
}

async function show(event: WatchEvent | GapEvent, withData: boolean, context: CommandContext): Promise<void> {
  const at = new Date();
  const { dim, green, red, yellow } = context.paint;
  const time = dim(at.toTimeString().slice(0, 8));
  if (event.type === "gap") {
    context.out(
      `${time} ${yellow("gap".padEnd(16))} ${event.path} changes may have been missed (${event.reason})`,
    );
    context.emit({ time: at.toISOString(), type: "gap", path: event.path, reason: event.reason });
    return;
  }
  const { type, path, zxid } = event;
  const data = withData && type !== "deleted" ? await readData(context, path) : undefined;
  const paint = type === "created" ? green : type === "deleted" ? red : yellow;
  const suffix = `${zxid === undefined ? "" : dim(` zxid 0x${zxidToHex(zxid)}`)}`;
  context.out(
    `${time} ${paint(type.padEnd(16))} ${path}${data === undefined ? "" : ` ${dataText(data)}`}${suffix}`,
  );
  context.emit({
    time: at.toISOString(),
    type,
    path,
    ...(zxid === undefined ? {} : { zxid: `0x${zxidToHex(zxid)}` }),
    ...(data === undefined ? {} : dataJson(data)),
  });
}

/** It may have gone meanwhile, or not be ours to read. */
async function readData({ client }: CommandContext, path: string): Promise<Uint8Array | null | undefined> {
  return client.get(path).then(
    ({ data }) => data,
    () => undefined,
  );
}
