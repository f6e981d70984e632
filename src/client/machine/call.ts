import { OpCode } from "../../protocol/opcode.ts";
import type { ACL } from "../../protocol/records/data.ts";
import { ZXID_ZERO, type Zxid } from "../../protocol/zxid.ts";
import type { ZooKeeperError } from "../errors.ts";
import type { Watcher, WatchTable } from "./watch-registry.ts";

/** Where a call is: it waits for a connection; its bytes are on their way; it has its result or error. */
export const CallState = { waiting: 0, sent: 1, settled: 2 } as const;
export type CallState = (typeof CallState)[keyof typeof CallState];

/** What `Call` needs to be told; what an operation does not use is left out. */
export interface CallFields {
  readonly data?: Uint8Array | null;
  readonly acl?: readonly ACL[] | null;
  readonly number?: number;
  readonly ttlMs?: number;
  readonly extra?: unknown;
}

const NO_FIELDS: CallFields = {};

/**
 * One request of the program, from the moment it is asked until it is answered. It is an input of the machine and, settled,
 * one of its deliveries: one object per request, always of the same shape.
 */
export class Call {
  readonly kind = "call";
  readonly op: number;
  /** With the chroot. */
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  /** Version, create flags, watch mode or watcher type. */
  number: number;
  readonly ttlMs: number;
  /** The body of the few operations that do not fit into the fields above. */
  readonly extra: unknown;
  xid = 0;
  state: CallState = CallState.waiting;
  /** Monotonic ms; Infinity for none. */
  deadlineMs = Number.POSITIVE_INFINITY;
  /** The encoded frame of a call that waits; its xid is filled in when it is sent. */
  frame: Uint8Array | null = null;
  /** To be registered when the reply says that the watch is set. */
  watcher: Watcher | null = null;
  watchTable: WatchTable | null = null;
  /** zxid of the reply. */
  zxid: Zxid = ZXID_ZERO;
  value: unknown = undefined;
  error: ZooKeeperError | null = null;
  /** Of the promise that waits for it. */
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  /** Stops listening to the call's AbortSignal. */
  release: (() => void) | null = null;

  constructor(op: number, path: string | null, fields: CallFields = NO_FIELDS) {
    this.op = op;
    this.path = path;
    this.data = fields.data ?? null;
    this.acl = fields.acl ?? null;
    this.number = fields.number ?? 0;
    this.ttlMs = fields.ttlMs ?? 0;
    this.extra = fields.extra ?? null;
    this.resolve = ignore;
    this.reject = ignore;
  }

  /** Whether executing it changes anything on the server, so that "did it happen?" is a question. */
  get isWrite(): boolean {
    return WRITES.has(this.op);
  }
}

function ignore(): void {}

const WRITES = new Set<number>([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.setData,
  OpCode.setACL,
  OpCode.multi,
  OpCode.reconfig,
  OpCode.closeSession,
  // It changes what this connection may do.
  OpCode.auth,
]);
