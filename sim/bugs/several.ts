import type { PeerInput } from "../../src/core/zab/peer-face.ts";
import type { PeerMutation } from "../peer-hooks.ts";

/** Bugs that need each other, one around the next. */
export function several(...make: readonly (() => PeerMutation)[]): PeerMutation {
  const all = make.map((one) => one());
  return {
    step: (input, peer) =>
      all.reduce<readonly PeerInput[]>(
        (inputs, { step }) => (step === undefined ? inputs : inputs.flatMap((each) => step(each, peer))),
        [input],
      ),
    ready: (ready, peer) => all.reduce((now, { ready: change }) => change?.(now, peer) ?? now, ready),
    injected: () => all.flatMap(({ injected }) => injected?.() ?? []),
  };
}
