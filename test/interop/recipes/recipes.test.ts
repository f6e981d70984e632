import { describe, it } from "vitest";
import { CURATOR, KAZOO } from "./shared-recipes.ts";
import { ROUNDS, runPeer, startWorld } from "./shared-world.ts";

const TIMEOUT_MS = 120_000 + ROUNDS * 600;

// The recipes speak the client's protocol only, so what holds on our server must hold on Apache's.
describe.each(["menagerie", "apache-3.8"] as const)("recipes on %s, shared with", (kind) => {
  it.each([...KAZOO, ...CURATOR])(
    "$peer: $name",
    async ({ name, peer, prepare, play }) => {
      await using world = await startWorld(kind);
      await prepare?.(world.zk);
      const running = runPeer(peer, world.address, name);
      // Whichever side fails first says why; the other one may wait for it.
      await Promise.race([
        Promise.all([play(world.zk, running), running]),
        running.then(() => new Promise(() => {})),
      ]);
    },
    TIMEOUT_MS,
  );
});
