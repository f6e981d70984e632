import type { ReconfigOptions } from "../../client/client.ts";
import type { EnsembleConfig } from "../../client/ensemble-config.ts";
import type { WriteOp } from "../../client/multi-op.ts";
import type {
  AclResult,
  AclVersionOptions,
  CallOptions,
  ChildrenResult,
  ClientState,
  CreateOptions,
  CreateResult,
  Data,
  GapEvent,
  GetResult,
  Identity,
  VersionOptions,
  WatchableOptions,
  WatchEvent,
  WatchMode,
} from "../../client/types.ts";
import type { ACL, Stat } from "../../protocol/records/data.ts";

/** A persistent watch. */
export interface ShellWatch extends AsyncIterable<WatchEvent | GapEvent> {
  on(callback: (event: WatchEvent | GapEvent) => void): () => void;
  close(): Promise<void>;
}

/** What the commands need of a client: a part of the public one, small enough for a test to stand in for it. */
export interface ShellClient {
  readonly state: ClientState;
  create(path: string, options?: CreateOptions): Promise<CreateResult>;
  delete(path: string, options?: VersionOptions): Promise<void>;
  exists(path: string, options?: WatchableOptions): Promise<Stat | null>;
  get(path: string, options?: WatchableOptions): Promise<GetResult>;
  set(path: string, data: Data, options?: VersionOptions): Promise<Stat>;
  children(path: string, options?: WatchableOptions): Promise<ChildrenResult>;
  getAcl(path: string, options?: CallOptions): Promise<AclResult>;
  setAcl(path: string, acl: readonly ACL[], options?: AclVersionOptions): Promise<Stat>;
  sync(path: string, options?: CallOptions): Promise<unknown>;
  /** null: no credential at all, which servers refuse. */
  addAuth(scheme: string, auth: string | Uint8Array | null): Promise<void>;
  whoAmI(options?: CallOptions): Promise<readonly Identity[]>;
  ephemerals(prefix?: string, options?: CallOptions): Promise<string[]>;
  countDescendants(path: string, options?: CallOptions): Promise<number>;
  /** All of the operations or none. */
  multi(ops: readonly WriteOp[], options?: CallOptions): Promise<unknown>;
  config(options?: WatchableOptions): Promise<EnsembleConfig>;
  reconfig(request: ReconfigOptions): Promise<EnsembleConfig>;
  watch(
    path: string,
    options: { readonly mode: WatchMode; readonly signal?: AbortSignal },
  ): Promise<ShellWatch>;
}
