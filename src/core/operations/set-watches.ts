import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError, type JuteReader } from "../../protocol/jute-reader.ts";
import { OpCode } from "../../protocol/opcode.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import { setWatches as setAgain } from "../watch/set-watches.ts";
import type { PendingWatchEvent, ReadOperation } from "./operation.ts";

/** Fewest bytes of a string: its length. */
const STRING_BYTES_MIN = 4;

/** A list of paths that must be there, without a null in it. */
function readPaths(reader: JuteReader): readonly string[] {
  const count = reader.readCount(STRING_BYTES_MIN);
  if (count < 0) throw new JuteError("a list of watches is null");
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    const path = reader.readString();
    if (path === null) throw new JuteError("the path of a watch is null");
    paths.push(path);
  }
  return paths;
}

const NO_PATHS: readonly string[] = Object.freeze([]);

function setWatchesOperation(type: number, hasPersistent: boolean): ReadOperation {
  return {
    kind: "read",
    type,
    counter: "op_count_set_watches",
    read(context, reader) {
      const relativeZxid = reader.readLong() as Zxid;
      const paths = {
        data: readPaths(reader),
        exist: readPaths(reader),
        child: readPaths(reader),
        persistent: hasPersistent ? readPaths(reader) : NO_PATHS,
        persistentRecursive: hasPersistent ? readPaths(reader) : NO_PATHS,
      };
      const events: PendingWatchEvent[] = [];
      setAgain(context.tree, context.watches, context.connection, relativeZxid, paths, (type, path) => {
        events.push({ type, path });
      });
      context.notifyFirst(events);
      return ErrorCode.OK;
    },
  };
}

/** Watches of a client that has reconnected; what it missed comes at once, in front of the reply (client-protocol 5.8). */
export const setWatches = setWatchesOperation(OpCode.setWatches, false);
/** The same with two more lists: persistent and persistent recursive watches. */
export const setWatches2 = setWatchesOperation(OpCode.setWatches2, true);
