import type { ValueOf } from "../protocol/record.ts";
import type { ReconfigRequest } from "../protocol/records/proto.ts";
import type { CallOptions } from "./types.ts";

/** What a reconfig changes; comma-separated or as a list (client-protocol 3.2). */
export interface ReconfigOptions extends CallOptions {
  /** `server.N=host:port:port;clientPort` entries to add or change. */
  readonly joining?: string | readonly string[] | undefined;
  /** Ids to remove. */
  readonly leaving?: string | readonly string[] | undefined;
  /** The whole new membership, instead of the two above. */
  readonly members?: string | readonly string[] | undefined;
  /** Only if the configuration still has this version (a zxid); default: any. */
  readonly fromConfig?: number | undefined;
}

const ANY_CONFIG = -1;

export function reconfigRequest(options: ReconfigOptions): ValueOf<typeof ReconfigRequest> {
  return {
    joiningServers: commas(options.joining),
    leavingServers: commas(options.leaving),
    newMembers: commas(options.members),
    curConfigId: options.fromConfig ?? ANY_CONFIG,
  };
}

function commas(value: string | readonly string[] | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : value.join(",");
}
