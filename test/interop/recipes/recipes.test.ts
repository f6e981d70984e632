import { describe, expect, it } from "vitest";
import { CURATOR, KAZOO } from "./shared-recipes.ts";
import { begin, PATIENCE_MS, roundsOn, runPeer, section, startWorld } from "./shared-world.ts";

const TIMEOUT_MS = PATIENCE_MS + 60_000;

// The recipes speak the client's protocol only, so what holds on our server must hold on Apache's.
describe.each(["menagerie", "apache-3.8"] as const)("recipes on %s, shared with", (kind) => {
  it.each([...KAZOO, ...CURATOR])(
    "$peer: $name",
    async ({ name, peer, prepare, play }) => {
      await using world = await startWorld(kind);
      const match = { zk: world.zk, rounds: roundsOn(kind) };
      await prepare?.(match);
      const running = runPeer(peer, world.address, name, match.rounds);
      // Whichever side fails first says why; the other one may wait for it in vain.
      await Promise.race([running, begin(world.zk)]);
      await Promise.all([play({ ...match, peer: running }), running]);
    },
    TIMEOUT_MS,
  );
});

it("the section notices two at a time", async () => {
  await using world = await startWorld("menagerie");
  const both = Promise.all([section(world.zk), section(world.zk)]);
  await expect(both).rejects.toMatchObject({ code: "NODEEXISTS" });
});
