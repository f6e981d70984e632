import type { ServerVerb } from "../server-verb.ts";
import { start } from "./start.ts";
import { stop } from "./stop.ts";

/** `zkServer.sh restart`: `stop` has waited for the end of the process, so `start` can follow at once. */
export const restart: ServerVerb = async (context) => {
  const code = await stop(context);
  return code === 0 ? start(context) : code;
};
