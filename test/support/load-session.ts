import type { Rng } from "../../src/base/ports.ts";
import {
  type Client,
  KeeperError,
  op,
  type Stat,
  type WriteOp,
  type WriteResult,
  ZooKeeperError,
} from "../../src/client/index.ts";
import {
  type Action,
  COUNTERS,
  counterPath,
  dataOf,
  type History,
  LOAD_ROOT,
  QUEUE,
  type WriteRecord,
} from "./history/history.ts";

/** What a reply tells of each action. */
interface Acknowledgement {
  readonly zxid?: number | undefined;
  readonly path?: string | undefined;
  readonly stat?: Stat | undefined;
}

/** No znode gets so far. */
const IMPOSSIBLE_VERSION = 2_000_000_000;

/** One session of a workload: asks for one random change after the other and writes down what it is told. */
export class LoadSession {
  readonly client: Client;
  /** Hex id. */
  readonly id: string;
  readonly #home: string;
  readonly #history: History;
  readonly #rng: Rng;
  /** Created, acknowledged, and not asked to be deleted. */
  readonly #deletable: string[] = [];
  #lanes: Promise<void>[] = [];
  #isStopping = false;
  isExpired = false;
  /** It has been ended, or left to its timeout. */
  isLeft = false;

  constructor(client: Client, home: string, history: History, rng: Rng) {
    this.client = client;
    this.id = client.session!.id.key;
    this.#home = home;
    this.#history = history;
    this.#rng = rng;
    client.on("state", (state) => {
      if (state === "expired") this.isExpired = true;
    });
  }

  begin(depth: number, pauseMs: number): void {
    for (let lane = 0; lane < depth; lane++) this.#lanes.push(this.#run(pauseMs));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#lanes);
    this.#lanes = [];
  }

  /** Ends the session: its ephemerals must go at once. */
  async close(): Promise<void> {
    await this.stop();
    this.isLeft = true;
    await this.client.close();
  }

  /** Disconnects and lets the session run into its timeout. */
  async abandon(): Promise<void> {
    await this.stop();
    this.isLeft = true;
    await this.client.close({ session: "keep" });
  }

  async #run(pauseMs: number): Promise<void> {
    while (!this.#isStopping && !this.isExpired) {
      await this.#step();
      await new Promise((next) => setTimeout(next, pauseMs));
    }
  }

  #step(): Promise<unknown> {
    const choice = this.#rng.below(100);
    if (choice < 18) return this.#create();
    if (choice < 30) return this.#createSequential();
    if (choice < 38) return this.#createEphemeral();
    if (choice < 55) return this.#setState();
    if (choice < 70) return this.#increment();
    if (choice < 84) return this.#delete();
    if (choice < 91) return this.#multi();
    if (choice < 94) return this.#refusedMulti();
    return this.#read(`${this.#home}/state`);
  }

  #create(): Promise<void> {
    const actions = (id: number): Action[] => [{ kind: "create", path: `${this.#home}/n${id}` }];
    return this.#write(actions, (id) => this.#created(`${this.#home}/n${id}`, id, "persistent"));
  }

  #createSequential(): Promise<void> {
    const prefix = `${QUEUE}/item-`;
    const actions = (): Action[] => [{ kind: "createSequential", prefix }];
    return this.#write(actions, (id) => this.#created(prefix, id, "persistent-sequential"));
  }

  #createEphemeral(): Promise<void> {
    const actions = (id: number): Action[] => [{ kind: "createEphemeral", path: `${LOAD_ROOT}/e${id}` }];
    return this.#write(actions, (id) => this.#created(`${LOAD_ROOT}/e${id}`, id, "ephemeral"));
  }

  async #created(
    path: string,
    id: number,
    mode: "persistent" | "persistent-sequential" | "ephemeral",
  ): Promise<Acknowledgement[]> {
    const created = await this.client.create(path, { data: dataOf(id), mode });
    this.#deletable.push(created.path);
    return [created];
  }

  #setState(): Promise<void> {
    const path = `${this.#home}/state`;
    return this.#write(
      () => [{ kind: "set", path, expected: undefined }],
      async (id) => [setReply(await this.client.set(path, dataOf(id)))],
    );
  }

  /** Reads a znode that all sessions write and replaces exactly what it has read. */
  async #increment(): Promise<void> {
    const path = counterPath(this.#rng.below(COUNTERS));
    const version = await this.#read(path);
    if (version === undefined) return;
    await this.#write(
      () => [{ kind: "set", path, expected: version }],
      async (id) => [setReply(await this.client.set(path, dataOf(id), { version }))],
    );
  }

  async #delete(): Promise<void> {
    const [path] = this.#deletable.splice(this.#rng.below(this.#deletable.length), 1);
    if (path === undefined) return;
    await this.#write(
      () => [{ kind: "delete", path }],
      async () => {
        await this.client.delete(path);
        return [{}];
      },
    );
  }

  #multi(): Promise<void> {
    const paths = (id: number): string[] => [`${this.#home}/m${id}-a`, `${this.#home}/m${id}-b`];
    const state = `${this.#home}/state`;
    const actions = (id: number): Action[] => [
      ...paths(id).map((path): Action => ({ kind: "create", path })),
      { kind: "set", path: state, expected: undefined },
    ];
    return this.#write(actions, async (id) => {
      const data = dataOf(id);
      const creates: WriteOp[] = paths(id).map((path) => op.create(path, { data }));
      const results = await this.client.multi([...creates, op.set(state, data)]);
      return results.map(multiReply);
    });
  }

  #refusedMulti(): Promise<void> {
    const path = (id: number): string => `${this.#home}/r${id}`;
    const state = `${this.#home}/state`;
    const actions = (id: number): Action[] => [
      { kind: "create", path: path(id) },
      { kind: "set", path: state, expected: undefined },
      { kind: "refuse" },
    ];
    return this.#write(actions, async (id) => {
      const data = dataOf(id);
      const check = op.check(state, { version: IMPOSSIBLE_VERSION });
      await this.client.multi([op.create(path(id), { data }), op.set(state, data), check]);
      return [{}, {}, {}];
    });
  }

  async #write(
    actionsOf: (id: number) => readonly Action[],
    perform: (id: number) => Promise<readonly Acknowledgement[]>,
  ): Promise<void> {
    const record: WriteRecord = this.#history.invoked(this.id, actionsOf);
    try {
      const replies = await perform(record.id);
      this.#history.completed(record.id, {
        kind: "acknowledged",
        zxid: replies.find(({ zxid }) => zxid !== undefined)?.zxid,
        paths: replies.map(({ path }) => path),
        stats: replies.map(({ stat }) => stat),
      });
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      const reason = error instanceof KeeperError ? error.code : error.message;
      this.#history.completed(record.id, {
        kind: error.outcome === "unknown" ? "unknown" : "refused",
        reason,
      });
    }
  }

  /** @returns the version; undefined when nobody answered */
  async #read(path: string): Promise<number | undefined> {
    const record = this.#history.reading(this.id, path);
    try {
      const { data, stat } = await this.client.get(path);
      record(data, stat);
      return stat.version;
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      return undefined;
    }
  }
}

function setReply(stat: Stat): Acknowledgement {
  return { zxid: stat.mzxid, stat };
}

function multiReply(result: WriteResult<WriteOp>): Acknowledgement {
  if (result.type === "set") return setReply(result.stat);
  return result.type === "create" ? { path: result.path } : {};
}
