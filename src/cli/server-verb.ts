import type { Output } from "./output.ts";
import type { ScriptEnvironment } from "./script-environment.ts";

/** What a verb of `zkServer.sh` works with. */
export interface VerbContext {
  readonly environment: ScriptEnvironment;
  readonly output: Output;
}

/** A verb of `zkServer.sh`: does its work and resolves with the exit code. */
export type ServerVerb = (context: VerbContext) => Promise<number>;
