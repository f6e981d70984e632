import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fourLetterWord, Subject, type SubjectKind, type SubjectOptions } from "../apache.ts";
import { freePort } from "../free-port.ts";
import { until } from "../until.ts";
import {
  type MemberRole,
  prepareMember,
  type ServerLine,
  serverAddress,
  serverLines,
  writeDynamicFile,
} from "./ensemble-files.ts";
import { MemberLink } from "./member-link.ts";

/** What `srvr` says a member is; "none" when it does not serve (or does not answer). */
export type Standing = "leader" | "follower" | "observer" | "read-only" | "standalone" | "none";

export interface MemberOptions {
  readonly kind: SubjectKind;
  /** Default "participant". */
  readonly role?: MemberRole;
  /** It is in nobody's configuration but its own, until a reconfig takes it in; {@link EnsembleProcesses.startAll} leaves it. */
  readonly isJoining?: boolean;
  /** Further keys of its zoo.cfg. */
  readonly config?: SubjectOptions["config"];
  readonly systemProperties?: SubjectOptions["systemProperties"];
}

export interface EnsembleOptions {
  /** Their sids are 1, 2, 3 …, in this order: at equal history the last participant wins the election. */
  readonly members: readonly (SubjectKind | MemberOptions)[];
  /** Keys of every zoo.cfg. */
  readonly config?: SubjectOptions["config"];
  readonly systemProperties?: SubjectOptions["systemProperties"];
  /** "static" (default): server.N lines in zoo.cfg, no reconfig. "dynamic": in a file of their own, with reconfig enabled. */
  readonly membership?: "static" | "dynamic";
  /** "proxied": every pair of members has a {@link MemberLink}. Not with dynamic membership, which tells the real ports. */
  readonly links?: "direct" | "proxied";
  /** Bundle of our server, see {@link SubjectOptions.program}. */
  readonly program?: string;
}

const CONFIG = {
  tickTime: 500,
  initLimit: 10,
  syncLimit: 5,
  maxSessionTimeout: 60_000,
  maxClientCnxns: 0,
  preAllocSize: 1024,
};

const SERVING_DEADLINE_MS = 40_000;
/** Of one look at where a server stands: there will be another. */
const LOOK_PATIENCE_MS = 1000;

/** One server of an ensemble; its kind may change, its sid, ports and directories stay. */
export class Member {
  readonly sid: number;
  readonly role: MemberRole;
  readonly clientPort: number;
  readonly dataDir: string;
  readonly directory: string;
  readonly isJoining: boolean;
  isPaused = false;
  readonly #line: ServerLine;
  readonly #subjectOptions: SubjectOptions;
  #subject: Subject;

  constructor(
    line: ServerLine,
    { kind, isJoining }: MemberOptions,
    directory: string,
    options: SubjectOptions,
  ) {
    this.#line = line;
    this.isJoining = isJoining ?? false;
    this.sid = line.sid;
    this.role = line.role;
    this.clientPort = line.client;
    this.directory = directory;
    this.dataDir = options.dataDir!;
    this.#subjectOptions = { ...options, directory };
    this.#subject = this.#subjectOf(kind);
  }

  #subjectOf(kind: SubjectKind): Subject {
    return new Subject(kind, this.#subjectOptions, this.clientPort);
  }

  get kind(): SubjectKind {
    return this.#subject.kind;
  }

  /** `host:port` for clients. */
  get address(): string {
    return this.#subject.address;
  }

  /** `server.N=…` for a reconfig, in its own role or another. */
  serverLine(role: MemberRole = this.role): string {
    return `server.${this.sid}=${serverAddress({ ...this.#line, role })}`;
  }

  get pid(): number {
    return this.#subject.pid;
  }

  get isRunning(): boolean {
    return this.#subject.isRunning;
  }

  /** What its servers, of whatever kind, wrote to their log so far. */
  log(): string {
    return existsSync(this.#subject.logFile) ? this.#subject.log() : "";
  }

  /** Starts the process and waits for nothing. */
  launch(): void {
    this.#subject.launch();
  }

  /** Orderly end. */
  stop(): Promise<void> {
    this.resume();
    return this.#subject.stop();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#subject.kill();
    this.isPaused = false;
  }

  /** SIGSTOP: the process stands still, its connections stay. */
  pause(): void {
    this.#subject.pause();
    this.isPaused = true;
  }

  resume(): void {
    if (this.isPaused) this.#subject.resume();
    this.isPaused = false;
  }

  /** The next start is of this kind, on the same directories. The member must be stopped. */
  become(kind: SubjectKind): void {
    if (this.isRunning) throw new Error(`server ${this.sid} runs`);
    this.#subject = this.#subjectOf(kind);
  }

  /** Answer to a four-letter word. */
  ask(word: string, patienceMs?: number): Promise<string> {
    return fourLetterWord(this.clientPort, word, patienceMs);
  }

  async standing(): Promise<Standing> {
    if (!this.isRunning || this.isPaused) return "none";
    const answer = await this.ask("srvr", LOOK_PATIENCE_MS).catch(() => "");
    return (/^Mode: (\S+)/m.exec(answer)?.[1] as Standing | undefined) ?? "none";
  }

  /** Last zxid that it has processed. */
  async zxid(): Promise<bigint> {
    return BigInt(/^Zxid: (0x[0-9a-f]+)/m.exec(await this.ask("srvr"))![1]!);
  }

  /** A value of `mntr`, as text; undefined when it is not there. */
  async monitored(name: string): Promise<string | undefined> {
    return new RegExp(`^${name}\\t(.*)$`, "m").exec(await this.ask("mntr"))?.[1];
  }
}

/** An ensemble of server processes on this machine, of Apache's and our servers in any mix. */
export class EnsembleProcesses implements AsyncDisposable {
  readonly members: readonly Member[];
  readonly links: readonly MemberLink[];
  readonly #directory: string;

  private constructor(directory: string, members: readonly Member[], links: readonly MemberLink[]) {
    this.#directory = directory;
    this.members = members;
    this.links = links;
  }

  /** Makes files and links, starts nothing. */
  static async create(options: EnsembleOptions): Promise<EnsembleProcesses> {
    const directory = mkdtempSync(join(tmpdir(), "ensemble-"));
    const lines: ServerLine[] = [];
    const wanted = options.members.map(
      (each): MemberOptions => (typeof each === "string" ? { kind: each } : each),
    );
    for (const [index, { role = "participant" }] of wanted.entries()) {
      const ports = { client: await freePort(), quorum: await freePort(), election: await freePort() };
      lines.push({ sid: index + 1, role, ...ports });
    }
    const links = options.links === "proxied" ? await openLinks(lines) : [];
    const members = lines.map((line, index) => {
      const known = lines.filter((other, place) => other === line || wanted[place]!.isJoining !== true);
      const view = known.map((other) => seenBy(line.sid, other, links));
      return createMember(line, wanted[index]!, view, join(directory, `server-${line.sid}`), options);
    });
    return new EnsembleProcesses(directory, members, links);
  }

  /** Makes an ensemble and resolves when all of it serves. `ledBy` as in {@link startAll}. */
  static async start(options: EnsembleOptions, ledBy?: number): Promise<EnsembleProcesses> {
    const ensemble = await EnsembleProcesses.create(options);
    try {
      await ensemble.startAll(ledBy);
    } catch (error) {
      await ensemble.dispose();
      throw error;
    }
    return ensemble;
  }

  member(sid: number): Member {
    const member = this.members.find((each) => each.sid === sid);
    if (member === undefined) throw new Error(`no server ${sid}`);
    return member;
  }

  /** All client addresses. */
  get connectString(): string {
    return this.members.map(({ address }) => address).join(",");
  }

  get participants(): readonly Member[] {
    return this.members.filter(({ role, isJoining }) => role === "participant" && !isJoining);
  }

  /**
   * Starts what does not run and resolves when all of it serves. `ledBy` wins the election: it starts with as many lower sids
   * as a quorum needs, the rest when it leads; histories must be equal.
   */
  async startAll(ledBy?: number): Promise<void> {
    if (ledBy !== undefined) {
      const needed = Math.floor(this.participants.length / 2);
      const below = this.participants.filter(({ sid }) => sid < ledBy).slice(-needed);
      if (below.length < needed)
        throw new Error(`server ${ledBy} cannot win: its sid is too low for a quorum`);
      const first = [...below.map(({ sid }) => sid), ledBy];
      this.launch(...first);
      await this.awaitServing(first);
      const leader = await this.leader();
      if (leader.sid !== ledBy) throw new Error(`server ${leader.sid} leads instead of ${ledBy}`);
    }
    const wanted = this.members.filter(({ isJoining }) => !isJoining);
    this.launch(...wanted.filter(({ isRunning }) => !isRunning).map(({ sid }) => sid));
    await this.awaitServing(wanted.map(({ sid }) => sid));
  }

  /** Starts processes and waits for nothing. */
  launch(...sids: readonly number[]): void {
    for (const sid of sids) this.member(sid).launch();
  }

  /** Starts these and resolves when they serve. */
  async startMembers(...sids: readonly number[]): Promise<void> {
    this.launch(...sids);
    await this.awaitServing(sids);
  }

  async stop(...sids: readonly number[]): Promise<void> {
    await Promise.all(sids.map((sid) => this.member(sid).stop()));
  }

  async kill(...sids: readonly number[]): Promise<void> {
    await Promise.all(sids.map((sid) => this.member(sid).kill()));
  }

  /** Stops the server, starts one of another kind on its directories, and resolves when that serves. */
  async replaceKind(sid: number, kind: SubjectKind): Promise<void> {
    const member = this.member(sid);
    await member.stop();
    member.become(kind);
    await this.startMembers(sid);
  }

  /** What every member says it is, by sid. */
  async roles(): Promise<Map<number, Standing>> {
    const standings = this.members.map(async (each) => [each.sid, await each.standing()] as const);
    return new Map(await Promise.all(standings));
  }

  /** The member that leads, as soon as exactly one says so. */
  leader(deadlineMs = SERVING_DEADLINE_MS): Promise<Member> {
    return this.#described("a leader", deadlineMs, async () => {
      const leaders = [...(await this.roles())].filter(([, standing]) => standing === "leader");
      return leaders.length === 1 ? this.member(leaders[0]![0]) : undefined;
    });
  }

  /** The member that leads in place of `sid`, which may still believe that it does. */
  leaderOtherThan(sid: number, deadlineMs = SERVING_DEADLINE_MS): Promise<Member> {
    return this.#described(`another leader than ${sid}`, deadlineMs, async () => {
      const leaders = [...(await this.roles())].filter(
        ([other, standing]) => standing === "leader" && other !== sid,
      );
      return leaders.length === 1 ? this.member(leaders[0]![0]) : undefined;
    });
  }

  /** Resolves when these members (default: all) serve, and exactly one of the ensemble leads: another has yet to notice. */
  async awaitServing(
    sids: readonly number[] = this.members.map(({ sid }) => sid),
    deadlineMs = SERVING_DEADLINE_MS,
  ): Promise<void> {
    await this.#described(`servers ${sids.join(", ")} serve`, deadlineMs, async () => {
      const roles = await this.roles();
      const leaders = [...roles.values()].filter((standing) => standing === "leader");
      return leaders.length === 1 && sids.every((sid) => SERVING.has(roles.get(sid)!));
    });
  }

  /** As {@link until}, but a failure shows where every server stands and the ends of their logs. */
  async #described<T>(
    what: string,
    deadlineMs: number,
    look: () => Promise<T | undefined | false>,
  ): Promise<T> {
    try {
      return await until(what, look, deadlineMs);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${await this.describe()}`, { cause: error });
    }
  }

  /** Where every server stands and the end of its log. */
  async describe(): Promise<string> {
    const roles = await this.roles();
    const texts = this.members.map((member) => {
      const state = member.isPaused ? "paused" : member.isRunning ? "running" : "ended";
      const log = member.log().split("\n").slice(-15).join("\n");
      return `--- server ${member.sid} (${member.kind}, ${state}): ${roles.get(member.sid)}\n${log}`;
    });
    return texts.join("\n");
  }

  /** The link between two members. */
  link(a: number, b: number): MemberLink {
    const link = this.links.find(({ sids }) => sids.includes(a) && sids.includes(b));
    if (link === undefined) throw new Error(`no proxied link between ${a} and ${b}`);
    return link;
  }

  /** The links from these members to all others. */
  linksAround(...sids: readonly number[]): MemberLink[] {
    return this.links.filter((link) => link.sids.filter((sid) => sids.includes(sid)).length === 1);
  }

  /** Ends the faults of all links, resumes the paused, starts what does not run, and resolves when all serve. */
  async heal(): Promise<void> {
    for (const link of this.links) link.heal();
    for (const member of this.members) member.resume();
    await this.startAll();
  }

  /** Kills what runs and removes all files. */
  async dispose(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    await Promise.all(this.links.map((link) => link.close()));
    if (process.env.INTEROP_KEEP === undefined) rmSync(this.#directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

const SERVING: ReadonlySet<Standing> = new Set(["leader", "follower", "observer"]);

async function openLinks(lines: readonly ServerLine[]): Promise<MemberLink[]> {
  const links: MemberLink[] = [];
  for (const [index, a] of lines.entries()) {
    for (const b of lines.slice(index + 1)) links.push(await MemberLink.open(a, b));
  }
  return links;
}

/** `other`'s line in the configuration of `sid`: with the ports of their link, where there is one. */
function seenBy(sid: number, other: ServerLine, links: readonly MemberLink[]): ServerLine {
  const link = links.find(({ sids }) => sids.includes(sid) && sids.includes(other.sid));
  return sid === other.sid || link === undefined ? other : { ...other, ...link.portsFor(sid) };
}

function createMember(
  line: ServerLine,
  member: MemberOptions,
  view: readonly ServerLine[],
  directory: string,
  ensemble: EnsembleOptions,
): Member {
  const dataDir = prepareMember(directory, line.sid);
  const membership =
    ensemble.membership === "dynamic"
      ? {
          dynamicConfigFile: writeDynamicFile(directory, view),
          reconfigEnabled: true,
          standaloneEnabled: false,
        }
      : serverLines(view);
  return new Member(line, member, directory, {
    dataDir,
    config: {
      ...CONFIG,
      ...membership,
      ...(line.role === "observer" ? { peerType: "observer" } : {}),
      ...ensemble.config,
      ...member.config,
    },
    systemProperties: { ...ensemble.systemProperties, ...member.systemProperties },
    ...(ensemble.program === undefined ? {} : { program: ensemble.program }),
  });
}
