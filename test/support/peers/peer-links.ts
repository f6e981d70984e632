import type { LinkId } from "../../../src/core/zab/peer-face.ts";
import type { PeerWorld } from "./peer-node.ts";

interface LinkEnd {
  readonly sid: number;
  readonly id: LinkId;
}

export interface Link {
  readonly ends: readonly [LinkEnd, LinkEnd];
  isOpen: boolean;
}

/** The learner links between servers of ours, and what a test does to the wires under them. */
export class PeerLinks {
  readonly #world: PeerWorld;
  readonly #links: Link[] = [];
  readonly #cuts = new Set<string>();
  readonly #muted = new Set<number>();
  /** Directions in which packets are under way until {@link release}. */
  readonly #held = new Map<string, (() => void)[]>();

  constructor(world: PeerWorld) {
    this.#world = world;
  }

  open(...ends: Link["ends"]): void {
    this.#links.push({ ends, isOpen: true });
  }

  /** The open link that the server knows by this number. */
  find(sid: number, id: LinkId): Link | undefined {
    return this.#links.find(
      ({ ends, isOpen }) => isOpen && ends.some((end) => end.sid === sid && end.id === id),
    );
  }

  /** Both ends hear of it, but for the one that did it. */
  break(link: Link, reason: string, by?: number): void {
    if (!link.isOpen) return;
    link.isOpen = false;
    for (const { sid, id } of link.ends) {
      if (sid !== by && !this.isMuted(sid))
        this.#world.later(() =>
          this.#world.input(this.#world.nodes.get(sid)!, { kind: "linkDown", link: id, reason }),
        );
    }
  }

  /** The server's links break. */
  breakAll(...sids: readonly number[]): void {
    for (const link of this.#links)
      if (link.ends.some(({ sid }) => sids.includes(sid))) this.break(link, "reset");
  }

  breakBetween(a: number, b: number): void {
    for (const link of this.#links) {
      const sids = link.ends.map((end) => end.sid);
      if (sids.includes(a) && sids.includes(b)) this.break(link, "cut");
    }
  }

  cut(a: number, b: number): void {
    this.#cuts.add(`${a}-${b}`).add(`${b}-${a}`);
    this.breakBetween(a, b);
  }

  isCut(from: number, to: number): boolean {
    return this.#cuts.has(`${from}-${to}`);
  }

  mute(sid: number): void {
    this.#muted.add(sid);
  }

  isMuted(...sids: readonly number[]): boolean {
    return sids.some((sid) => this.#muted.has(sid));
  }

  /** What was cut is whole; who was mute has its links broken. */
  heal(): void {
    this.#cuts.clear();
    const muted = [...this.#muted];
    this.#muted.clear();
    this.breakAll(...muted);
  }

  hold(from: number, to: number): void {
    this.#held.set(`${from}-${to}`, []);
  }

  release(): void {
    const held = [...this.#held.values()].flat();
    this.#held.clear();
    for (const arrives of held) this.#world.later(arrives);
  }

  /** What one end does reaches the other now, or when that direction is released. */
  underWay(from: number, link: Link, arrives: () => void): void {
    const held = this.#held.get(`${from}-${otherEnd(link, from)?.sid}`);
    if (held === undefined) this.#world.later(arrives);
    else held.push(arrives);
  }
}

export function otherEnd(link: Link | undefined, sid: number): LinkEnd | undefined {
  return link?.ends.find((end) => end.sid !== sid);
}
