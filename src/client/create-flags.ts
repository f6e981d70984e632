import { OpCode } from "../protocol/opcode.ts";
import { MisuseError } from "./errors.ts";
import type { CreateMode } from "./types.ts";

/** The longest TTL: 40 bits of milliseconds (client-protocol 4.4). */
const TTL_MS_MAX = 0xff_ffff_ffff;

interface CreateKind {
  readonly op: typeof OpCode.create2 | typeof OpCode.createContainer | typeof OpCode.createTTL;
  readonly flags: number;
  readonly isSequential: boolean;
}

const KINDS: Readonly<Record<CreateMode, CreateKind>> = {
  persistent: { op: OpCode.create2, flags: 0, isSequential: false },
  ephemeral: { op: OpCode.create2, flags: 1, isSequential: false },
  "persistent-sequential": { op: OpCode.create2, flags: 2, isSequential: true },
  "ephemeral-sequential": { op: OpCode.create2, flags: 3, isSequential: true },
  container: { op: OpCode.createContainer, flags: 4, isSequential: false },
  "persistent-ttl": { op: OpCode.createTTL, flags: 5, isSequential: false },
  "persistent-sequential-ttl": { op: OpCode.createTTL, flags: 6, isSequential: true },
};

/** @throws MisuseError for an unknown mode, and for a ttl where none belongs or none is given */
export function createKind(mode: CreateMode = "persistent", ttlMs: number | undefined): CreateKind {
  const kind = KINDS[mode];
  if (kind === undefined)
    throw new MisuseError(`unknown create mode "${mode}": use one of ${Object.keys(KINDS).join(", ")}`);
  if (kind.op !== OpCode.createTTL) {
    if (ttlMs !== undefined) throw new MisuseError(`ttlMs belongs to the ttl modes, not to "${mode}"`);
    return kind;
  }
  if (ttlMs === undefined || !Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > TTL_MS_MAX)
    throw new MisuseError(`mode "${mode}" needs ttlMs, 1 … ${TTL_MS_MAX} milliseconds, and has ${ttlMs}`);
  return kind;
}
