import { VERSION_LINE } from "../../base/version.ts";
import type { ServerVerb } from "../server-verb.ts";

/** `zkServer.sh version`: needs neither a configuration nor a running server. */
export const version: ServerVerb = async ({ output }) => {
  output.out(`${VERSION_LINE}\n`);
  return 0;
};
