import type { MultiResult } from "../protocol/multi.ts";
import { OpCode } from "../protocol/opcode.ts";
import { CONFIG_PATH } from "../protocol/path.ts";
import type { ACL, Stat } from "../protocol/records/data.ts";
import type { Zxid } from "../protocol/zxid.ts";
import { OPEN_ACL } from "./acl.ts";
import { badDeadline, CallDesk } from "./call-desk.ts";
import { dataBytes, sequentialServerPath, serverPath, withChroot } from "./client-paths.ts";
import type { ClientPorts } from "./client-ports.ts";
import { type ConnectString, formatAddress, type ServerAddress } from "./connect-string.ts";
import { createKind } from "./create-flags.ts";
import { type EnsembleConfig, parseEnsembleConfig } from "./ensemble-config.ts";
import { AbortedError, ConnectionError, DeadlineError, KeeperError, MisuseError } from "./errors.ts";
import { Host } from "./host.ts";
import { Call } from "./machine/call.ts";
import { ClientMachine } from "./machine/client-machine.ts";
import type { Watcher, WatchTable } from "./machine/watch-registry.ts";
import { machineOptionsOf } from "./machine-options-of.ts";
import {
  type ReadOp,
  type ReadResults,
  readResults,
  type WriteOp,
  type WriteResults,
  wireOp,
  writeResults,
} from "./multi-op.ts";
import type { ResolvedOptions } from "./options.ts";
import { createProtected, randomGuid } from "./protected-create.ts";
import { type ReconfigOptions, reconfigRequest } from "./reconfig.ts";
import { StateDesk } from "./state-desk.ts";
import { createAll, deleteAll, ensureServerPath } from "./subtrees.ts";
import type {
  AclResult,
  AclVersionOptions,
  CallOptions,
  ChildrenResult,
  ClientState,
  CreateOptions,
  CreateResult,
  Data,
  GetResult,
  Identity,
  Session,
  VersionOptions,
  WatchableOptions,
  WatchCallback,
  WatchKind,
  WatchMode,
} from "./types.ts";
import { Watch } from "./watch.ts";
import { WATCH_KINDS } from "./watch-kinds.ts";

export type { ReconfigOptions } from "./reconfig.ts";

const ANY_VERSION = -1;

/**
 * A client of a ZooKeeper ensemble: one session, one connection at a time, repaired when it breaks. Made by `connect`.
 *
 * Calls are answered in the order in which they were made; many may be under way. Every call rejects with a
 * `ZooKeeperError`: {@link KeeperError} when the server refused, others when nobody answered. A call that was sent when the
 * connection broke ends with `outcome: "unknown"` and is never repeated; one that was not sent waits for the next connection
 * until its deadline.
 */
export class Client implements AsyncDisposable {
  readonly #machine: ClientMachine;
  readonly #host: Host;
  readonly #desk: CallDesk;
  readonly #ports: ClientPorts;
  readonly #states = new StateDesk();
  readonly #sessionListeners = new Set<(session: Session) => void>();
  readonly #watches = new Set<Watch>();

  /** @internal Programs use `connect` or `connectLazily`. */
  constructor(where: ConnectString, options: ResolvedOptions, ports: ClientPorts) {
    this.#ports = ports;
    this.#machine = new ClientMachine(machineOptionsOf(where, options, ports));
    this.#host = new Host(this.#machine, ports, {
      state: (state) => this.#stateChanged(state),
      session: () => this.#sessionChanged(),
    });
    this.#desk = new CallDesk(this.#host, where.chroot, options.requestDeadlineMs);
    for (const { scheme, auth } of options.auth ?? []) this.addAuth(scheme, auth, FOR_EVER).catch(ignore);
    this.#host.step({ kind: "tick" });
  }

  /** Where the client stands. */
  get state(): ClientState {
    return this.#states.current;
  }

  /** Id, password and timeout of the session; undefined before the first connection and after an expiry. */
  get session(): Session | undefined {
    return this.#machine.session;
  }

  /** Highest zxid that any reply has shown. */
  get lastZxid(): Zxid {
    return this.#machine.lastZxid;
  }

  /** `host:port` of the current connection; undefined without one. */
  get server(): string | undefined {
    const server = this.#machine.server;
    return server === undefined ? undefined : formatAddress(server);
  }

  /** The path that all paths of this client are below; "" without one. */
  get chroot(): string {
    return this.#desk.chroot;
  }

  /** The last failed attempt of each server since one worked: why it is not connected. */
  get connectionFailures(): readonly ConnectionError[] {
    return this.#machine.failures;
  }

  /** Calls `listener` with each new state, or with each new session; the returned function ends that. */
  on(event: "state", listener: (state: ClientState) => void): () => void;
  on(event: "session", listener: (session: Session) => void): () => void;
  on(
    event: "state" | "session",
    listener: ((state: ClientState) => void) | ((session: Session) => void),
  ): () => void {
    if (event === "state") return this.#states.on(listener as (state: ClientState) => void);
    if (event !== "session") throw new MisuseError(`no event is called "${event}": use "state" or "session"`);
    this.#sessionListeners.add(listener as (session: Session) => void);
    return () => this.#sessionListeners.delete(listener as (session: Session) => void);
  }

  /**
   * Resolves with the state once it is (one of) `state`; rejects when the client has ended, with {@link AbortedError} by `signal`, and
   * with {@link DeadlineError} after `deadlineMs` (default: no end).
   */
  async when(
    state: ClientState | readonly ClientState[],
    { signal, deadlineMs = Number.POSITIVE_INFINITY }: CallOptions = {},
  ): Promise<ClientState> {
    if (!(deadlineMs > 0)) throw badDeadline(deadlineMs);
    const states = typeof state === "string" ? [state] : state;
    const late = new AbortController();
    const cancel =
      deadlineMs === Number.POSITIVE_INFINITY
        ? ignore
        : this.#ports.timer.after(deadlineMs, () => late.abort());
    const signals = [late.signal, ...(signal === undefined ? [] : [signal])];
    try {
      return await this.#states.when(states, signals, () => this.#machine.endError);
    } catch (error) {
      if (late.signal.aborted && error instanceof AbortedError && signal?.aborted !== true)
        throw new DeadlineError(
          `the deadline passed before the client was ${states.join(" or ")}`,
          "not-applied",
        );
      throw error;
    } finally {
      cancel();
    }
  }

  /**
   * Creates a znode. Its parent must exist, see {@link createAll}.
   * @throws KeeperError NONODE (no parent), NODEEXISTS, NOAUTH, NOCHILDRENFOREPHEMERALS, INVALIDACL, QUOTAEXCEEDED
   */
  create(path: string, options: CreateOptions = {}): Promise<CreateResult> {
    if (options.protection !== undefined)
      return createProtected(this, randomGuid(this.#ports.rng), path, options);
    try {
      const { op, flags, isSequential } = createKind(options.mode, options.ttlMs);
      const toServer = isSequential ? sequentialServerPath : serverPath;
      const call = new Call(op, toServer(this.chroot, path), {
        data: dataBytes(options.data),
        acl: options.acl ?? OPEN_ACL,
        number: flags,
        ttlMs: options.ttlMs ?? 0,
      });
      return this.#desk.submit(call, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Creates a znode, and the parents that are missing as empty persistent ones. */
  createAll(path: string, options: CreateOptions = {}): Promise<CreateResult> {
    return createAll(this, path, options);
  }

  /** Makes sure that the znode exists, with all above it; also creates the chroot: `ensurePath("/")`. */
  async ensurePath(
    path: string,
    options: CallOptions & { readonly acl?: readonly ACL[] | undefined } = {},
  ): Promise<void> {
    const fields = { data: dataBytes(undefined), acl: options.acl ?? OPEN_ACL };
    await ensureServerPath(serverPath(this.chroot, path), (at) =>
      this.#desk.submit(new Call(OpCode.create2, at, fields), options),
    );
  }

  /** Deletes a znode without children. @throws KeeperError NONODE, NOTEMPTY, BADVERSION, NOAUTH */
  delete(path: string, options?: VersionOptions): Promise<void> {
    return this.#desk.request(OpCode.delete, path, options, { number: options?.version ?? ANY_VERSION });
  }

  /** Deletes a znode and everything below it. Not atomic. Rejects with NONODE when there is nothing. */
  deleteAll(path: string, options: CallOptions = {}): Promise<void> {
    return deleteAll(this, path, options);
  }

  /** The znode's Stat, or null when there is none. A watch is set either way. Needs no permission. */
  exists(path: string, options?: WatchableOptions): Promise<Stat | null> {
    return this.#desk.request(OpCode.exists, path, options, undefined, options?.watch, "exist");
  }

  /** The data and the Stat. @throws KeeperError NONODE (no watch is set then), NOAUTH */
  get(path: string, options?: WatchableOptions): Promise<GetResult> {
    return this.#desk.request(OpCode.getData, path, options, undefined, options?.watch, "data");
  }

  /** Replaces the data; resolves with the new Stat. @throws KeeperError NONODE, BADVERSION, NOAUTH, QUOTAEXCEEDED */
  set(path: string, data: Data, options?: VersionOptions): Promise<Stat> {
    const fields = { data: dataBytes(data), number: options?.version ?? ANY_VERSION };
    return this.#desk.request(OpCode.setData, path, options, fields);
  }

  /** Names of the children, in no particular order. @throws KeeperError NONODE, NOAUTH */
  children(path: string, options?: WatchableOptions): Promise<ChildrenResult> {
    return this.#desk.request(OpCode.getChildren2, path, options, undefined, options?.watch, "child");
  }

  /** The ACL and the Stat. @throws KeeperError NONODE, NOAUTH (3.6 and later hide it from those who may not read) */
  getAcl(path: string, options?: CallOptions): Promise<AclResult> {
    return this.#desk.request(OpCode.getACL, path, options);
  }

  /** Replaces the ACL and counts its `aversion` up. @throws KeeperError NONODE, NOAUTH, BADVERSION, INVALIDACL */
  setAcl(path: string, acl: readonly ACL[], options?: AclVersionOptions): Promise<Stat> {
    return this.#desk.request(OpCode.setACL, path, options, {
      acl,
      number: options?.aversion ?? ANY_VERSION,
    });
  }

  /** Resolves when this client's server has everything that was committed before: the next read sees it. */
  async sync(path = "/", options?: CallOptions): Promise<void> {
    await this.#desk.request(OpCode.sync, path, options);
  }

  /**
   * Executes all operations or none, and resolves with their results in a tuple of the same shape.
   * @throws KeeperError with the `index` of the operation that failed
   */
  async multi<const T extends readonly WriteOp[]>(
    operations: T,
    options?: CallOptions,
  ): Promise<WriteResults<T>> {
    const extra = operations.map((operation) => wireOp(operation, this.chroot));
    const call = new Call(OpCode.multi, null, { extra });
    const results = await this.#desk.submit<readonly MultiResult[]>(call, options);
    return writeResults(operations, results, this.chroot, call.zxid) as WriteResults<T>;
  }

  /** Several reads at one moment of one server; each succeeds or fails alone. Servers since 3.6. */
  async multiRead<const T extends readonly ReadOp[]>(
    operations: T,
    options?: CallOptions,
  ): Promise<ReadResults<T>> {
    const extra = operations.map((operation) => wireOp(operation, this.chroot));
    const call = new Call(OpCode.multiRead, null, { extra });
    const results = await this.#desk.submit<readonly MultiResult[]>(call, options);
    return readResults(operations, results, call.zxid) as ReadResults<T>;
  }

  /** Watches a znode (and, recursively, everything below it) until closed. Servers since 3.6. */
  async watch(path: string, options: CallOptions & { readonly mode: WatchMode }): Promise<Watch> {
    const isRecursive = options.mode === "persistent-recursive";
    if (!isRecursive && options.mode !== "persistent")
      throw new MisuseError(
        `unknown watch mode "${options.mode}": use "persistent" or "persistent-recursive"`,
      );
    const table = isRecursive ? "recursive" : "persistent";
    const watch = new Watch(path);
    const watcher = (event: Parameters<Watch["deliver"]>[0]): void => watch.deliver(event);
    // It changes nothing but this connection's watches, so asking again after a loss is safe.
    for (;;) {
      try {
        await this.#desk.request(
          OpCode.addWatch,
          path,
          options,
          { number: isRecursive ? 1 : 0 },
          watcher,
          table,
        );
        break;
      } catch (error) {
        if (!(error instanceof ConnectionError && error.kind === "lost")) throw error;
      }
    }
    this.#keep(watch, table, watcher as Watcher, options.signal);
    return watch;
  }

  #keep(watch: Watch, table: WatchTable, watcher: Watcher, signal: AbortSignal | undefined): void {
    const path = withChroot(this.chroot, watch.path);
    const end = (): void => watch.end();
    this.#watches.add(watch);
    signal?.addEventListener("abort", end, { once: true });
    watch.begin(() => {
      this.#watches.delete(watch);
      signal?.removeEventListener("abort", end);
      this.#host.step({ kind: "unwatched", table, path, watcher });
    });
    // The client may have ended between the answer and now; then nobody else would end it.
    if (signal?.aborted === true || this.#machine.endError !== undefined) end();
  }

  /**
   * Takes the callback of one-shot watches back, also of reads that are on their way: it is not called for this path any more. The
   * server's watch goes, too, when nobody else here needs it. Does nothing for a callback that was called already.
   * @throws MisuseError for what is not a path
   */
  unwatch(path: string, watch: WatchCallback): void {
    const at = serverPath(this.chroot, path);
    for (const table of ONE_SHOT_TABLES)
      this.#host.step({ kind: "unwatched", table, path: at, watcher: watch as Watcher });
  }

  /** Takes all watches of a kind from a path, here and on the server. Persistent ones are better closed themselves. */
  async removeWatches(path: string, kind: WatchKind = "any", options?: CallOptions): Promise<void> {
    const { type, tables } = WATCH_KINDS[kind];
    await this.#desk.request(OpCode.removeWatches, path, options, { number: type, extra: tables });
  }

  /** Whether the server has a watch of this kind for this connection on the path. */
  async checkWatches(path: string, kind: WatchKind = "any", options?: CallOptions): Promise<boolean> {
    try {
      await this.#desk.request(OpCode.checkWatches, path, options, { number: WATCH_KINDS[kind].type });
      return true;
    } catch (error) {
      if (error instanceof KeeperError && error.code === "NOWATCHER") return false;
      throw error;
    }
  }

  /**
   * Authenticates this client, now and on every later connection. Resolves when a server has accepted it; if one refuses, the
   * client ends with {@link AuthFailedError}. Given up (by deadline or signal) before it was accepted, it is not sent again; a server that
   * has it already keeps it until the connection ends.
   */
  addAuth(scheme: string, auth: string | Uint8Array, options?: CallOptions): Promise<void> {
    const call = new Call(OpCode.auth, null, { extra: { type: 0, scheme, auth: dataBytes(auth) } });
    return this.#desk.submit(call, options, { kind: "auth", call });
  }

  /** The identities of this connection. Servers since 3.7. */
  whoAmI(options?: CallOptions): Promise<Identity[]> {
    return this.#desk.submit(new Call(OpCode.whoAmI, null), options);
  }

  /** Paths of this session's ephemeral znodes that begin with `prefix` (a plain prefix). Servers since 3.6. */
  ephemerals(prefix = "/", options?: CallOptions): Promise<string[]> {
    const path = prefix === "/" && this.chroot !== "" ? `${this.chroot}/` : this.chroot + prefix;
    return this.#desk.submit(new Call(OpCode.getEphemerals, path), options);
  }

  /** How many znodes are below `path`, at any depth. Servers since 3.6. */
  countDescendants(path: string, options?: CallOptions): Promise<number> {
    return this.#desk.request(OpCode.getAllChildrenNumber, path, options);
  }

  /** The ensemble's configuration; a watch fires when it changes. */
  async config(options?: WatchableOptions): Promise<EnsembleConfig> {
    const call = new Call(OpCode.getData, CONFIG_PATH);
    if (options?.watch !== undefined) {
      call.watcher = options.watch;
      call.watchTable = "data";
    }
    return configOf(await this.#desk.submit<GetResult>(call, options));
  }

  /** Changes the ensemble's membership; needs permission on /zookeeper/config and `reconfigEnabled` on the servers. */
  async reconfig(options: ReconfigOptions): Promise<EnsembleConfig> {
    const extra = reconfigRequest(options);
    return configOf(await this.#desk.submit<GetResult>(new Call(OpCode.reconfig, null, { extra }), options));
  }

  /** Takes another list of servers; moves to another one where that keeps clients evenly spread. */
  updateServerList(servers: readonly ServerAddress[]): void {
    if (servers.length === 0) throw new MisuseError("the server list is empty");
    this.#host.step({ kind: "servers", servers });
  }

  /**
   * Ends the session (its ephemeral znodes go at once) and the client. `session: "keep"` only disconnects: the session lives on
   * until its timeout, for whoever continues it. Never rejects; calls under way are answered or end with {@link ClosedError}.
   */
  async close(options: { readonly session?: "end" | "keep" } = {}): Promise<void> {
    const ended = this.when(FINAL_STATES).catch(ignore);
    this.#host.step({ kind: "close", keepsSession: options.session === "keep" });
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stateChanged(state: ClientState): void {
    this.#states.changed(state);
    if (this.#machine.endError === undefined) return;
    for (const watch of [...this.#watches]) watch.end();
  }

  #sessionChanged(): void {
    const session = this.#machine.session;
    if (session === undefined) return;
    for (const listener of [...this.#sessionListeners]) queueMicrotask(() => listener(session));
  }
}

/** What the options ask for is asked for as long as the client lives. */
const FOR_EVER: CallOptions = { deadlineMs: Number.POSITIVE_INFINITY };
const ONE_SHOT_TABLES = ["data", "exist", "child"] as const;
const FINAL_STATES: readonly ClientState[] = ["closed", "authFailed"];

function ignore(): void {}

function configOf({ data, stat }: GetResult): EnsembleConfig {
  return parseEnsembleConfig(new TextDecoder().decode(data ?? new Uint8Array(0)), stat);
}
