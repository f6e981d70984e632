import { type Client, connect } from "menagerie";
import { type Stage, text } from "./stage.ts";

/**
 * One program's candidacy. Every candidate has a numbered ephemeral znode, and the lowest is the master. Each of the others watches
 * the one before it: when a master goes, its successor wakes, and nobody else.
 */
class Candidacy {
  readonly #zk: Client;
  readonly #own: string;

  private constructor(zk: Client, own: string) {
    this.#zk = zk;
    this.#own = own;
  }

  static async stand(zk: Client, name: string): Promise<Candidacy> {
    const { path } = await zk.create("/election/candidate-", { data: name, mode: "ephemeral-sequential" });
    return new Candidacy(zk, path.slice("/election/".length));
  }

  /** The candidate whose end this one waits for; undefined for the master. */
  async predecessor(): Promise<string | undefined> {
    const { children } = await this.#zk.children("/election");
    return children
      .filter((candidate) => candidate < this.#own)
      .sort()
      .at(-1);
  }

  /** Resolves when this candidate is the master. */
  async won(): Promise<void> {
    for (let before = await this.predecessor(); before !== undefined; before = await this.predecessor()) {
      await gone(this.#zk, `/election/${before}`);
    }
  }
}

/** Resolves when there is no such znode. */
async function gone(zk: Client, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    zk.exists(path, { watch: () => resolve() }).then((stat) => stat ?? resolve(), reject);
  });
}

export default async function masterElection({ servers, print }: Stage): Promise<void> {
  await using observer = await connect(servers);
  await observer.create("/election");
  const programs: { readonly name: string; readonly zk: Client; readonly reign: Promise<void> }[] = [];
  for (const name of ["alice", "bob", "carol"]) {
    const zk = await connect(servers);
    const candidacy = await Candidacy.stand(zk, name);
    const before = await candidacy.predecessor();
    const other = before && text((await zk.get(`/election/${before}`)).data);
    print(other === undefined ? `${name} stands, alone` : `${name} stands, behind ${other}`);
    programs.push({ name, zk, reign: candidacy.won().then(() => print(`${name} is the master`)) });
  }
  for (const { name, zk, reign } of programs) {
    await reign;
    print(`${name} breaks down`);
    // The end of its session, however it comes, is the end of its reign; the next one is awake already.
    await zk.close();
  }
  print(`candidates left: ${(await observer.children("/election")).children.length}`);
}
