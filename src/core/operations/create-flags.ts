import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/opcode.ts";

/** The flags of a create request (client-protocol 4.4). */
export const CreateFlags = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
  container: 4,
  persistentWithTtl: 5,
  persistentSequentialWithTtl: 6,
} as const;

/** The largest ttl: 40 bits of ms. */
const TTL_MS_MAX = 0xff_ffff_ffff;

/** Whether `flags` are any of {@link CreateFlags}. */
export function areKnownFlags(flags: number): boolean {
  return flags >= CreateFlags.persistent && flags <= CreateFlags.persistentSequentialWithTtl;
}

/** The znode goes with its session, which must be a global one. */
export function isEphemeralFlags(flags: number): boolean {
  return flags === CreateFlags.ephemeral || flags === CreateFlags.ephemeralSequential;
}

/** The parent's child counter is appended to the path. */
export function isSequentialFlags(flags: number): boolean {
  return (
    flags === CreateFlags.persistentSequential ||
    flags === CreateFlags.ephemeralSequential ||
    flags === CreateFlags.persistentSequentialWithTtl
  );
}

/** The request must have a ttl, and extended types be enabled. */
export function isTtlFlags(flags: number): boolean {
  return flags === CreateFlags.persistentWithTtl || flags === CreateFlags.persistentSequentialWithTtl;
}

/**
 * Checks flags and ttl of a create: steps 2 to 4 of client-protocol 4.3.
 * @param ttlMs undefined for the opcodes whose record has none
 */
export function checkCreateFlags(
  flags: number,
  ttlMs: number | undefined,
  isExtendedTypesEnabled: boolean,
): ErrorCode {
  if (!areKnownFlags(flags)) return ErrorCode.BADARGUMENTS;
  if (isTtlFlags(flags)) {
    if (!isExtendedTypesEnabled) return ErrorCode.UNIMPLEMENTED;
    const isInRange = ttlMs !== undefined && ttlMs >= 1 && ttlMs <= TTL_MS_MAX;
    return isInRange ? ErrorCode.OK : ErrorCode.BADARGUMENTS;
  }
  // With other flags createTTL is refused whatever its ttl: Apache logs a negative one and dies of it for ever.
  return ttlMs === undefined ? ErrorCode.OK : ErrorCode.BADARGUMENTS;
}

/** The audit log's name for what a create asks for. */
export function znodeTypeName(type: number, flags: number): string {
  if (type === OpCode.createContainer) return "container";
  const base = FLAG_NAMES[flags];
  return base ?? "unknown";
}

const FLAG_NAMES = [
  "persistent",
  "ephemeral",
  "persistent_sequential",
  "ephemeral_sequential",
  "container",
  "persistent_with_ttl",
  "persistent_sequential_with_ttl",
] as const;
