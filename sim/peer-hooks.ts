import type { Instant } from "../src/base/ports.ts";
import { Peer } from "../src/core/zab/peer.ts";
import type { PeerInput, PeerReady } from "../src/core/zab/peer-face.ts";

/** A change of what one member's machine is told and of what it wants done: how a bug is planted. */
export interface PeerMutation {
  /** What the machine is told instead, in order. `inject` tells it more afterwards. */
  step?(input: PeerInput, peer: Peer): readonly PeerInput[];
  /** What is done instead. The inputs are told to the machine first thing next turn. */
  ready?(ready: PeerReady, peer: Peer): PeerReady;
  /** Told to the machine before its next input. */
  injected?(): readonly PeerInput[];
}

export interface PeerHooks {
  /** A new machine has got its first input. */
  created(peer: Peer): PeerMutation | undefined;
}

/**
 * Lets the simulator see the machines that the production host makes for itself, and plant bugs around them, without a
 * door in production code: for the time of a run the methods of the class are replaced. One run at a time in a process.
 */
export function hookPeers(hooks: PeerHooks): () => void {
  const { step, takeReady } = Peer.prototype;
  const mutations = new WeakMap<Peer, { readonly mutation: PeerMutation | undefined }>();
  const mutationOf = (peer: Peer): PeerMutation | undefined => {
    let known = mutations.get(peer);
    if (known === undefined) mutations.set(peer, (known = { mutation: hooks.created(peer) }));
    return known.mutation;
  };
  Peer.prototype.step = function (this: Peer, input: PeerInput, now: Instant): void {
    const mutation = mutationOf(this);
    for (const injected of mutation?.injected?.() ?? []) step.call(this, injected, now);
    for (const each of mutation?.step?.(input, this) ?? [input]) step.call(this, each, now);
  };
  Peer.prototype.takeReady = function (this: Peer): PeerReady {
    const ready = takeReady.call(this);
    return mutationOf(this)?.ready?.(ready, this) ?? ready;
  };
  return () => {
    Peer.prototype.step = step;
    Peer.prototype.takeReady = takeReady;
  };
}
