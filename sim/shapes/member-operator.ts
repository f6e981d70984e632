import type { Rng } from "../../src/base/ports.ts";
import type { Client } from "../../src/client/client.ts";
import { KeeperError } from "../../src/client/errors.ts";
import type { VirtualMember } from "../virtual-member.ts";
import { readMembership, type SeenMembership } from "./seen-membership.ts";
import { type Shape, serverLine } from "./shape.ts";
import { zooCfgOf } from "./zoo-cfg.ts";

export interface MemberOperatorOptions {
  readonly members: readonly VirtualMember[];
  readonly shape: Shape;
  readonly say: (text: string) => void;
}

/** A reconfig that only the configuration of this version may become; what was asked without an answer is asked again. */
interface Request {
  readonly from: number;
  readonly joining: readonly number[];
  readonly leaving: readonly number[];
  /** Whether it was the leader that is to leave. */
  readonly isLeaderLeaving: boolean;
}

/** At least and at most so many voters are kept, more than at the beginning. */
const VOTERS_MORE_MAX = 2;

/**
 * An operator who adds servers and takes others out, the leader too, one reconfig after the other. Each is for one version
 * of the configuration, so whatever became of it is known as soon as there is a later version, and nobody is stopped before:
 * a server that may still be counted on is never taken away.
 */
export class MemberOperator {
  readonly #options: MemberOperatorOptions;
  #seen: SeenMembership | undefined;
  #asked: Request | undefined;
  /** Runs with a configuration of its own, and is to be added. */
  #joiner: number | undefined;
  readonly #roles = new Map<number, "participant" | "observer">();
  #isFinishing = false;
  #isDone = false;
  /** What was done, how often. */
  readonly counts = new Map<string, number>();

  constructor(options: MemberOperatorOptions) {
    this.#options = options;
  }

  /** Whether everything that was begun has come to its end, after {@link finish}. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Sids of the present configuration. */
  get present(): readonly number[] {
    return [...(this.#seen?.lines.keys() ?? this.#options.shape.voters)];
  }

  /** Begins nothing more. */
  finish(): void {
    this.#isFinishing = true;
  }

  /** One look at the ensemble, and one deed. */
  async step(client: Client, rng: Rng): Promise<void> {
    const seen = await readMembership(client);
    if (seen.version < (this.#seen?.version ?? 0)) return;
    this.#learn(seen, rng);
    this.#mend();
    if (this.#asked === undefined) {
      if (this.#isFinishing) {
        this.#dismissJoiner();
        this.#isDone = true;
        return;
      }
      this.#asked = this.#choose(seen, rng);
    }
    if (this.#asked !== undefined) await this.#ask(client, this.#asked, rng);
  }

  async #ask(client: Client, asked: Request, rng: Rng): Promise<void> {
    const { from, joining, leaving } = asked;
    try {
      await client.reconfig({
        joining: joining.map((sid) => serverLine(sid, this.#roles.get(sid)!)),
        leaving: leaving.map(String),
        fromConfig: from,
      });
      this.#learn(await readMembership(client), rng);
    } catch (error) {
      if (error instanceof KeeperError) this.#count(`refused with ${error.code}`);
      throw error;
    }
  }

  #learn(seen: SeenMembership, rng: Rng): void {
    if (this.#seen !== undefined && seen.version <= this.#seen.version) return;
    const before = this.#seen;
    this.#seen = seen;
    const asked = this.#asked;
    if (asked === undefined || asked.from >= seen.version) return;
    this.#asked = undefined;
    if (this.#joiner !== undefined && seen.lines.has(this.#joiner)) {
      this.#count("joined");
      this.#joiner = undefined;
    }
    for (const sid of before?.lines.keys() ?? []) {
      if (!seen.lines.has(sid)) this.#letGo(this.#member(sid), asked.isLeaderLeaving, rng);
    }
  }

  /** It is no member any more. */
  #letGo(member: VirtualMember, wasLeader: boolean, rng: Rng): void {
    this.#count(wasLeader ? "left while it led" : "left");
    member.isWanted = false;
    const goesOn = rng.below(3) === 0;
    this.#options.say(`${member.host} is no member any more${goesOn ? ", and goes on" : ": it is stopped"}`);
    if (!goesOn) member.kill();
  }

  /** Gives the present configuration to whoever cannot get it from the others. */
  #mend(): void {
    for (const sid of [...this.present, ...(this.#joiner === undefined ? [] : [this.#joiner])]) {
      const member = this.#member(sid);
      if (!this.#isLost(member)) continue;
      this.#count("configured anew");
      this.#options.say(`${member.host} is given the present configuration`);
      member.kill();
      this.#configure(member);
      member.repairDisk();
      member.start();
    }
  }

  /**
   * It has stored a configuration without itself, with which it does not start; or it was away until everybody whom it knows had
   * left: it asks those for a leader, and nobody else knows that it does.
   */
  #isLost(member: VirtualMember): boolean {
    if (!member.isOn && !member.listsItself) return true;
    if (member.peer?.isServing === true) return false;
    return !member.storedMembers.some((sid) => sid !== member.sid && this.#seen!.lines.has(sid));
  }

  #choose({ version, voters, lines }: SeenMembership, rng: Rng): Request | undefined {
    const least = this.#options.shape.voters.length;
    if (this.#joiner === undefined) {
      const mayLose = voters.length > least;
      if (mayLose && (voters.length >= least + VOTERS_MORE_MAX || rng.below(2) === 0)) {
        return this.#request(version, [], this.#pickLeaving(voters, rng));
      }
      const observers = [...lines.keys()].filter((sid) => !voters.includes(sid));
      if (observers.length > 0 && rng.below(3) === 0) {
        return this.#request(version, [], observers[0]);
      }
      this.#joiner = this.#prepareJoiner(rng);
      return undefined;
    }
    const joining = [this.#joiner];
    const isSwap = this.#roles.get(this.#joiner) === "participant" && rng.below(4) === 0;
    return this.#request(version, joining, isSwap ? this.#pickLeaving(voters, rng) : undefined);
  }

  #request(from: number, joining: readonly number[], leaving: number | undefined): Request {
    const isLeaderLeaving = leaving !== undefined && this.#member(leaving).peer?.state === "leading";
    return { from, joining, leaving: leaving === undefined ? [] : [leaving], isLeaderLeaving };
  }

  /** The leader as often as any other together. */
  #pickLeaving(voters: readonly number[], rng: Rng): number {
    const leader = voters.find((sid) => this.#member(sid).peer?.state === "leading");
    if (leader !== undefined && rng.below(2) === 0) return leader;
    return voters[rng.below(voters.length)]!;
  }

  /** A new machine, or one that was a member, with what it still has; undefined when all are. */
  #prepareJoiner(rng: Rng): number | undefined {
    const outside = this.#options.members.filter(({ sid }) => !this.#seen!.lines.has(sid));
    if (outside.length === 0) return undefined;
    const member = outside[rng.below(outside.length)]!;
    const { sid } = member;
    this.#roles.set(sid, rng.below(4) === 0 ? "observer" : "participant");
    member.isWanted = true;
    const isBack = member.lives > 0;
    this.#count(isBack ? "came back" : "began");
    if (member.isOn) return sid;
    // One that was stopped before it learned of its removal may find itself in what it has stored.
    if (!isBack || rng.below(2) === 0 || !member.listsItself) this.#configure(member);
    this.#options.say(`${member.host} ${isBack ? "comes back" : "begins"} as ${this.#roles.get(sid)}`);
    member.repairDisk();
    member.start();
    return sid;
  }

  /** Its own line and those of the present members, as docs/ensemble.md says. */
  #configure(member: VirtualMember): void {
    const { lines, text } = this.#seen!;
    const { sid } = member;
    const own = lines.has(sid) ? [] : [serverLine(sid, this.#roles.get(sid) ?? "participant")];
    member.configure(zooCfgOf(sid, [text, ...own].join("\n"), this.#options.shape));
  }

  #dismissJoiner(): void {
    if (this.#joiner === undefined) return;
    const member = this.#member(this.#joiner);
    this.#joiner = undefined;
    member.isWanted = false;
    member.kill();
  }

  #member(sid: number): VirtualMember {
    return this.#options.members.find((member) => member.sid === sid)!;
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
