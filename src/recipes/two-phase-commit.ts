import { type Client, type Data, MisuseError, op } from "../client/index.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { isCode, isConnectionLost, isSessionRenewed, persistAcrossSessions } from "./persist.ts";
import { Wakeup } from "./wakeup.ts";
import { childPath, textOf } from "./znode-path.ts";

/** What a site says, and what is decided. */
export type Vote = "commit" | "abort";

const VOTES: ReadonlySet<string> = new Set(["commit", "abort"]);

/**
 * All sites do it or none does. The coordinator opens the transaction for a fixed set of sites; each votes once; one `abort`
 * decides at once, `commit` needs all of them. The decision is a znode that is created once: nobody can see two.
 *
 * Layout (ZooKeeper's recipe): `<path>`, persistent, data = what is to be done; `<path>/s_<site>`, persistent, empty until the
 * site has voted, then `commit` or `abort`; `<path>/decision`, persistent, `commit` or `abort`. Sites watch the decision; the
 * coordinator alone watches the votes.
 */
export class TwoPhaseCommit {
  /** The transaction's znode. */
  readonly path: string;
  readonly #client: Client;

  constructor(client: Client, path: string) {
    this.#client = client;
    this.path = path;
  }

  /** Coordinator: opens the transaction, all znodes or none. @throws KeeperError NODEEXISTS when there is one */
  async begin(sites: readonly string[], data: Data = "", options: WaitOptions = {}): Promise<void> {
    if (sites.length === 0) throw new MisuseError("a transaction needs at least one site");
    const patience = new Patience(`beginning ${this.path}`, options);
    const parent = this.path.slice(0, this.path.lastIndexOf("/"));
    if (parent !== "")
      await persistAcrossSessions(this.#client, () => this.#client.ensurePath(parent, patience.call));
    await this.#client.multi(
      [op.create(this.path, { data }), ...sites.map((site) => op.create(this.#siteOf(site)))],
      patience.call,
    );
  }

  /** Site: what is to be done. */
  async proposal(options: WaitOptions = {}): Promise<Uint8Array> {
    const patience = new Patience(`reading ${this.path}`, options);
    return (
      (await persistAcrossSessions(this.#client, () => this.#client.get(this.path, patience.call))).data ??
      new Uint8Array(0)
    );
  }

  /** Site: votes, once. The same vote again is as good. @throws MisuseError when it has voted otherwise */
  async vote(site: string, vote: Vote, options: WaitOptions = {}): Promise<void> {
    const patience = new Patience(`voting in ${this.path}`, options);
    const path = this.#siteOf(site);
    for (;;) {
      try {
        await this.#client.set(path, vote, { version: 0, ...patience.call });
        return;
      } catch (error) {
        if (isConnectionLost(error) || isSessionRenewed(this.#client, error)) continue;
        if (!isCode(error, "BADVERSION")) throw error;
      }
      const found = textOf(
        (await persistAcrossSessions(this.#client, () => this.#client.get(path, patience.call))).data,
      );
      if (found === vote) return;
      throw new MisuseError(`${site} has voted ${found} already`);
    }
  }

  /** Coordinator: waits for the votes and writes the decision. Given up, it decides `abort`. */
  async decide(options: WaitOptions = {}): Promise<Vote> {
    const patience = new Patience(`the votes of ${this.path}`, options);
    try {
      return await this.#write(await this.#count(patience), patience);
    } catch (error) {
      if ((error as Error).name !== "DeadlineError" && (error as Error).name !== "AbortedError") throw error;
      return this.#write("abort", new Patience(`aborting ${this.path}`, { deadlineMs: ABORT_DEADLINE_MS }));
    }
  }

  /** Site: resolves with the decision. */
  async outcome(options: WaitOptions = {}): Promise<Vote> {
    const patience = new Patience(`the outcome of ${this.path}`, options);
    return this.#looping(async (wakeup) => {
      const decision = childPath(this.path, DECISION);
      const call = { watch: wakeup.at(decision), ...patience.call };
      if ((await persistAcrossSessions(this.#client, () => this.#client.exists(decision, call))) === null)
        return undefined;
      return this.#read(patience);
    }, patience);
  }

  /** Deletes everything when all sites have acted. */
  async forget(options: WaitOptions = {}): Promise<void> {
    const patience = new Patience(`forgetting ${this.path}`, options);
    try {
      await persistAcrossSessions(this.#client, () => this.#client.deleteAll(this.path, patience.call));
    } catch (error) {
      if (!isCode(error, "NONODE")) throw error;
    }
  }

  #siteOf(site: string): string {
    if (site.includes("/")) throw new MisuseError(`the site ${JSON.stringify(site)} must not contain "/"`);
    return childPath(this.path, `s_${site}`);
  }

  async #read(patience: Patience): Promise<Vote> {
    const { data } = await persistAcrossSessions(this.#client, () =>
      this.#client.get(childPath(this.path, DECISION), patience.call),
    );
    const text = textOf(data);
    if (!VOTES.has(text)) throw new MisuseError(`${this.path}/${DECISION} is ${JSON.stringify(text)}`);
    return text as Vote;
  }

  /** The znode is created once; whoever comes second takes what the first has decided. */
  async #write(vote: Vote, patience: Patience): Promise<Vote> {
    try {
      await persistAcrossSessions(this.#client, () =>
        this.#client.create(childPath(this.path, DECISION), { data: vote, ...patience.call }),
      );
      return vote;
    } catch (error) {
      if (!isCode(error, "NODEEXISTS")) throw error;
      return this.#read(patience);
    }
  }

  async #count(patience: Patience): Promise<Vote> {
    const { children } = await persistAcrossSessions(this.#client, () =>
      this.#client.children(this.path, patience.call),
    );
    const sites = children.filter((name) => name.startsWith("s_")).map((name) => name.slice(2));
    return this.#looping(async (wakeup) => {
      const read = async (site: string): Promise<string> => {
        const path = this.#siteOf(site);
        const call = { watch: wakeup.at(path), ...patience.call };
        const { data } = await persistAcrossSessions(this.#client, () => this.#client.get(path, call));
        return textOf(data);
      };
      const votes = await Promise.all(sites.map(read));
      if (votes.includes("abort")) return "abort";
      return votes.every((vote) => vote === "commit") ? "commit" : undefined;
    }, patience);
  }

  async #looping<T>(look: (wakeup: Wakeup) => Promise<T | undefined>, patience: Patience): Promise<T> {
    const wakeup = new Wakeup();
    const stop = wakeup.ringOnEnd(this.#client);
    try {
      for (;;) {
        const found = await look(wakeup);
        if (found !== undefined) return found;
        await wakeup.wait(patience);
      }
    } finally {
      stop();
    }
  }
}

const DECISION = "decision";
/** A coordinator that has given up must still say so. */
const ABORT_DEADLINE_MS = 60_000;
