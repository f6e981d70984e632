import type { Log } from "../src/base/ports.ts";
import { Database } from "../src/core/tree/database.ts";
import { PacketType } from "../src/core/zab/packets.ts";
import type { Zxid } from "../src/protocol/zxid.ts";
import { ClientExchange } from "./client-exchange.ts";
import { ClientStream } from "./client-stream.ts";
import { DurableView } from "./durable-view.ts";
import { quorumRuleIn } from "./membership-txn.ts";
import type { Checker, Facts, LearnerLink, Observation } from "./observation.ts";
import { type QuorumRule, quorumRuleOf } from "./quorum-rule.ts";
import { ElectionStream, QuorumStream, type SeenPacket } from "./quorum-stream.ts";
import type { Trace } from "./trace.ts";
import { show, TxnHistory } from "./txn-history.ts";
import type { VirtualDisk } from "./virtual-disk.ts";
import type { ConnectionInfo, NetworkTap } from "./virtual-network.ts";

/** The ports of every server. */
export const CLIENT_PORT = 2181;
const QUORUM_PORT = 2888;
const ELECTION_PORT = 3888;
/** Where followers feed observers, if they do. */
export const OBSERVER_MASTER_PORT = 2191;

/** What a checker has found. */
export interface Alarm {
  readonly checker: string;
  readonly message: string;
  readonly atMs: number;
}

export interface WorldOptions {
  /** The text of the configuration that the ensemble begins with. */
  readonly membership: string;
  readonly checkers: readonly Checker[];
  readonly trace: Trace;
  readonly nowMs: () => number;
}

/** `s3` for sid 3. */
export function hostOf(server: number): string {
  return `s${server}`;
}

/** What a `server.N=` line says of a server. */
export function memberAddress(server: number, role: "participant" | "observer"): string {
  return `${hostOf(server)}:${QUORUM_PORT}:${ELECTION_PORT}:${role};${CLIENT_PORT}`;
}

function isLearnerPort(port: number): boolean {
  return port === QUORUM_PORT || port === OBSERVER_MASTER_PORT;
}

function serverOf(host: string): number {
  return Number(host.slice(1));
}

const TYPE_NAMES = new Map(Object.entries(PacketType).map(([name, type]) => [type as number, name]));
const STATES = ["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"];

interface LinkState {
  readonly link: LearnerLink;
  readonly toLeader: QuorumStream;
  readonly toLearner: QuorumStream;
  /** Packets sent and not arrived, by direction. */
  readonly under: { readonly leader: SeenPacket[]; readonly learner: SeenPacket[] };
  readonly arrived: { leader: number; learner: number };
}

/**
 * Everything that can be seen of an ensemble from outside (bytes on its links, what is durable on its disks, what its clients
 * are told), and the checkers that look at it. The servers know nothing of it.
 */
export class World implements Facts, NetworkTap {
  rule: QuorumRule;
  readonly history = new TxnHistory();
  readonly expected = new Database({
    digestEnabled: true,
    extendedTypesEnabled: false,
    emulate353TTLNodes: false,
  });
  readonly #options: WorldOptions;
  readonly #disks = new Map<number, DurableView>();
  readonly #links = new Map<number, LinkState>();
  readonly #elections = new Map<string, ElectionStream>();
  readonly #clients = new Map<number, ClientStream>();
  readonly #exchanges = new Map<number, ClientExchange>();
  #alarm: Alarm | undefined;
  /** DIFF, TRUNC and SNAP, how often each began. */
  readonly syncs = new Map<string, number>();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.rule = quorumRuleOf(options.membership);
  }

  /** The first that rang. */
  get alarm(): Alarm | undefined {
    return this.#alarm;
  }

  get nowMs(): number {
    return this.#options.nowMs();
  }

  durable(server: number): DurableView {
    return this.#disks.get(server)!;
  }

  commit(zxid: Zxid): string | undefined {
    const txns = this.history.commit(zxid);
    if (typeof txns === "string") return txns;
    if (txns.length === 0) return undefined;
    for (const { bytes } of txns) this.expected.replay(bytes);
    this.see({ kind: "committed", txns });
    for (const { bytes } of txns) this.rule = quorumRuleIn(bytes) ?? this.rule;
    return undefined;
  }

  /** Tells every checker. The first alarm counts; what follows from it is not asked about. */
  see(seen: Observation): void {
    for (const checker of this.#options.checkers) {
      if (this.#alarm !== undefined) return;
      const message = checker.see(seen, this);
      if (message !== undefined) this.ring(checker.name, message);
    }
  }

  ring(checker: string, message: string): void {
    if (this.#alarm !== undefined) return;
    this.#alarm = { checker, message, atMs: this.nowMs };
    this.#options.trace.say("ALARM", `${checker}: ${message}`);
  }

  /** A server has this disk from now on. */
  useDisk(server: number, disk: VirtualDisk): void {
    const known = this.#disks.get(server);
    if (known !== undefined) known.use(disk);
    else {
      this.#disks.set(
        server,
        new DurableView(disk, (record) => this.see({ kind: "logged", server, ...record })),
      );
    }
  }

  /** Something became durable on a server's disk. */
  becameDurable(server: number): void {
    const disk = this.#disks.get(server);
    if (disk === undefined) return;
    disk.refresh();
    this.see({ kind: "durable", server });
  }

  /** The log of a server. */
  log(server: number): Log {
    const line = (level: string) => (fields: object, message: string) => {
      const { trace } = this.#options;
      const detail = trace.isRead && Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : "";
      trace.say(hostOf(server), `${level}: ${message}`, detail);
      this.see({ kind: "said", server, level, message });
    };
    return {
      debug: line("debug"),
      info: line("info"),
      warn: line("warn"),
      error: line("error"),
      fatal: line("fatal"),
    };
  }

  // NetworkTap

  opened(info: ConnectionInfo): void {
    this.#options.trace.note(1, info.id, info.port);
    if (isLearnerPort(info.port)) this.#openLink(info);
  }

  wrote(info: ConnectionInfo, byDialer: boolean, bytes: Uint8Array): void {
    this.#options.trace.note(2, info.id, byDialer ? 1 : 0, bytes.length, bytes[bytes.length - 1]!);
    if (isLearnerPort(info.port)) {
      const { toLeader, toLearner } = this.#links.get(info.id)!;
      (byDialer ? toLeader : toLearner).push(bytes);
    } else if (info.port === ELECTION_PORT) this.#election(info, byDialer).push(bytes);
    else if (bytes.length > 0) this.#wroteToClient(info, byDialer, bytes);
  }

  delivered(info: ConnectionInfo, byDialer: boolean, bytes: Uint8Array): void {
    this.#options.trace.note(3, info.id, byDialer ? 1 : 0, bytes.length);
    if (isLearnerPort(info.port)) this.#arrived(info, byDialer, bytes.length);
    else if (info.port === CLIENT_PORT && !byDialer) this.#client(info).push(bytes);
  }

  closed(info: ConnectionInfo, atDialer: boolean): void {
    this.#options.trace.note(4, info.id, atDialer ? 1 : 0);
    const state = this.#links.get(info.id);
    if (state !== undefined) this.see({ kind: "linkClosed", link: state.link, isAtLeader: !atDialer });
  }

  #openLink(info: ConnectionInfo): void {
    const link = {
      id: info.id,
      learner: serverOf(info.from),
      leader: serverOf(info.to),
      isRelayed: info.port === OBSERVER_MASTER_PORT,
    };
    const under = { leader: [] as SeenPacket[], learner: [] as SeenPacket[] };
    const seen = (isFromLeader: boolean) => (packet: SeenPacket) => {
      (isFromLeader ? under.learner : under.leader).push({ ...packet, data: null });
      this.#tellPacket(link, isFromLeader, packet);
      this.#countSync(link, packet);
      this.see({ kind: "sent", link, isFromLeader, packet });
    };
    this.#links.set(info.id, {
      link,
      toLeader: new QuorumStream(seen(false)),
      toLearner: new QuorumStream(seen(true)),
      under,
      arrived: { leader: 0, learner: 0 },
    });
  }

  #countSync({ isRelayed }: LearnerLink, { type }: SeenPacket): void {
    if (type !== PacketType.DIFF && type !== PacketType.TRUNC && type !== PacketType.SNAP) return;
    const name = `${TYPE_NAMES.get(type)!}${isRelayed ? " by an observer master" : ""}`;
    this.syncs.set(name, (this.syncs.get(name) ?? 0) + 1);
  }

  #tellPacket({ learner, leader }: LearnerLink, isFromLeader: boolean, { type, zxid }: SeenPacket): void {
    const { trace } = this.#options;
    if (!trace.isRead || type === PacketType.PING) return;
    const [from, to] = isFromLeader ? [leader, learner] : [learner, leader];
    trace.tell(hostOf(from), `-> ${hostOf(to)} ${TYPE_NAMES.get(type) ?? type} ${show(zxid)}`);
  }

  #arrived(info: ConnectionInfo, byDialer: boolean, count: number): void {
    const { link, under, arrived } = this.#links.get(info.id)!;
    const to = byDialer ? "leader" : "learner";
    arrived[to] += count;
    const packets = under[to];
    while (packets.length > 0 && packets[0]!.endsAt <= arrived[to]) {
      this.see({ kind: "arrived", link, isFromLeader: !byDialer, packet: packets.shift()! });
    }
  }

  #election(info: ConnectionInfo, byDialer: boolean): ElectionStream {
    const key = `${info.id}${byDialer ? ">" : "<"}`;
    let stream = this.#elections.get(key);
    if (stream !== undefined) return stream;
    const [from, to] = byDialer ? [info.from, info.to] : [info.to, info.from];
    stream = new ElectionStream(byDialer, (notification) => {
      const { state, leader, zxid, round, peerEpoch } = notification;
      const { trace } = this.#options;
      if (trace.isRead) {
        trace.tell(
          from,
          `~> ${to} ${STATES[state]}: leader ${leader}, ${show(zxid)}, epoch ${peerEpoch}, round ${round}`,
        );
      }
      this.see({ kind: "voted", from: serverOf(from), to: serverOf(to), notification });
    });
    this.#elections.set(key, stream);
    return stream;
  }

  #wroteToClient(info: ConnectionInfo, byDialer: boolean, bytes: Uint8Array): void {
    const server = serverOf(info.to);
    const client = info.from;
    let exchange = this.#exchanges.get(info.id);
    if (exchange === undefined) {
      exchange = new ClientExchange({
        greeted: (greeting) => this.see({ kind: "greeted", server, client, greeting }),
        replied: (reply) => this.see({ kind: "replied", server, client, reply }),
      });
      this.#exchanges.set(info.id, exchange);
    }
    if (byDialer) exchange.request(bytes);
    else {
      exchange.reply(bytes);
      this.see({ kind: "served", server, as: exchange.speaker });
    }
  }

  #client(info: ConnectionInfo): ClientStream {
    let stream = this.#clients.get(info.id);
    if (stream === undefined) {
      stream = new ClientStream((session, zxid) =>
        this.see({ kind: "answered", client: info.from, session, zxid }),
      );
      this.#clients.set(info.id, stream);
    }
    return stream;
  }
}
