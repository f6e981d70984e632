import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Fault, faultless, Way } from "../../../src/testing/fault-way.ts";
import { redirectReplies } from "./election-greeting.ts";

/** How long a dial to a quorum port waits for somebody to listen there: a leader opens it a moment after it was elected. */
const LISTEN_PATIENCE_MS = 1000;
const REDIAL_MS = 25;

/** Election and quorum port of a member. */
export interface PeerPorts {
  readonly sid: number;
  readonly election: number;
  readonly quorum: number;
}

type PortKind = "election" | "quorum";

/** The faults of a link, by the sid whose bytes they concern. */
interface LinkState {
  readonly faults: ReadonlyMap<number, Fault>;
  isCut: boolean;
}

/** A connection: the dialer's end and the target's, and what each says to the other. */
interface Pair {
  readonly sockets: readonly Socket[];
  readonly ways: readonly Way[];
}

/** What one member dials to reach a port of another. */
class LinkProxy {
  readonly #dialer: number;
  readonly #target: PeerPorts;
  readonly #kind: PortKind;
  readonly #link: LinkState;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Where the target reaches the dialer in turn; known once that proxy listens. */
  replyPort = 0;

  constructor(dialer: number, target: PeerPorts, kind: PortKind, link: LinkState) {
    this.#dialer = dialer;
    this.#target = target;
    this.#kind = kind;
    this.#link = link;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (from) => this.#accept(from));
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  #accept(from: Socket): void {
    from.on("error", ignore);
    if (this.#link.isCut) {
      from.resetAndDestroy();
      return;
    }
    this.#dial(from, performance.now() + (this.#kind === "quorum" ? LISTEN_PATIENCE_MS : 0));
  }

  #dial(from: Socket, deadline: number): void {
    const to = connect({ port: this.#target[this.#kind], host: "127.0.0.1", allowHalfOpen: true });
    const failed = (): void => {
      if (from.destroyed) return;
      if (performance.now() < deadline && !this.#link.isCut)
        setTimeout(() => this.#dial(from, deadline), REDIAL_MS);
      else from.resetAndDestroy();
    };
    to.once("error", failed);
    to.once("connect", () => {
      to.off("error", failed);
      to.on("error", ignore);
      if (from.destroyed || this.#link.isCut) {
        to.destroy();
        from.destroy();
        return;
      }
      this.#join(from, to);
    });
  }

  #join(from: Socket, to: Socket): void {
    const there = this.#way(from, to, this.#dialer);
    const back = this.#way(to, from, this.#target.sid);
    const pair = { sockets: [from, to], ways: [there, back] };
    this.#pairs.add(pair);
    for (const socket of pair.sockets)
      socket.on("close", () => {
        if (pair.sockets.every((each) => each.closed)) this.#pairs.delete(pair);
      });
    if (this.#kind === "election") redirectReplies(from, this.replyPort, (bytes) => there.take(bytes));
    else from.on("data", (bytes) => there.take(bytes));
    to.on("data", (bytes) => back.take(bytes));
    from.resume();
  }

  #way(from: Socket, to: Socket, sender: number): Way {
    const way = new Way(to, this.#link.faults.get(sender)!);
    from.setNoDelay(true);
    from.on("end", () => way.take("finished"));
    from.on("close", (hadError) => {
      if (hadError) way.take("broken");
    });
    return way;
  }

  flow(): void {
    for (const { ways } of this.#pairs) for (const way of ways) way.flow();
  }

  break(): void {
    for (const { sockets, ways } of [...this.#pairs]) {
      for (const way of ways) way.end();
      for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.break();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/**
 * The network between two members: all their connections, whoever dialed them, go through proxies of this link. Each member's
 * zoo.cfg names the proxies in place of the other's ports.
 */
export class MemberLink {
  readonly sids: readonly [number, number];
  readonly #state: LinkState;
  readonly #proxies: ReadonlyMap<string, LinkProxy>;

  private constructor(a: PeerPorts, b: PeerPorts) {
    this.sids = [a.sid, b.sid];
    const faults = new Map(this.sids.map((sid) => [sid, faultless()]));
    this.#state = { faults, isCut: false };
    const kinds: readonly PortKind[] = ["election", "quorum"];
    const proxies = [
      ...kinds.map((kind) => [`${a.sid} ${kind}`, new LinkProxy(a.sid, b, kind, this.#state)] as const),
      ...kinds.map((kind) => [`${b.sid} ${kind}`, new LinkProxy(b.sid, a, kind, this.#state)] as const),
    ];
    this.#proxies = new Map(proxies);
  }

  static async open(a: PeerPorts, b: PeerPorts): Promise<MemberLink> {
    const link = new MemberLink(a, b);
    for (const proxy of link.#proxies.values()) await proxy.listen();
    for (const sid of link.sids) {
      const other = link.sids.find((each) => each !== sid)!;
      link.#proxies.get(`${sid} election`)!.replyPort = link.#proxies.get(`${other} election`)!.port;
    }
    return link;
  }

  /** What the member `dialer` has to dial to reach the other one's ports. */
  portsFor(dialer: number): { readonly election: number; readonly quorum: number } {
    const port = (kind: PortKind): number => this.#proxies.get(`${dialer} ${kind}`)!.port;
    return { election: port("election"), quorum: port("quorum") };
  }

  /** All connections break at once and new ones are refused, until {@link heal}. */
  cut(): void {
    this.#state.isCut = true;
    for (const proxy of this.#proxies.values()) proxy.break();
  }

  /** What `from` sends (default: what either sends) waits until {@link heal}; nobody is told. */
  silence(from?: number): void {
    for (const [sid, fault] of this.#state.faults)
      if (from === undefined || from === sid) fault.isHolding = true;
  }

  /** What `from` sends (default: what either sends) arrives so many milliseconds later, in order. */
  delay(delayMs: number, from?: number): void {
    for (const [sid, fault] of this.#state.faults)
      if (from === undefined || from === sid) fault.delayMs = delayMs;
  }

  /** Ends all faults; what was held arrives. */
  heal(): void {
    this.#state.isCut = false;
    for (const fault of this.#state.faults.values()) Object.assign(fault, faultless());
    for (const proxy of this.#proxies.values()) proxy.flow();
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.close();
  }
}

function ignore(): void {}
