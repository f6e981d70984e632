import { type Client, connect } from "menagerie";
import type { Stage } from "./stage.ts";

/**
 * A queue that is of use only when it is complete: members gather, and when `size` are there, all go on. Whoever completes it says so
 * with a znode of its own, so that a member that leaves right then confuses nobody.
 */
async function joinAndWait(
  zk: Client,
  path: string,
  member: string,
  size: number,
  joined: () => void,
): Promise<void> {
  const complete = new Promise<void>((resolve, reject) => {
    zk.exists(`${path}-complete`, { watch: () => resolve() }).then((stat) => stat && resolve(), reject);
  });
  await zk.create(`${path}/${member}`, { mode: "ephemeral" });
  joined();
  const { children } = await zk.children(path);
  if (children.length >= size) await zk.ensurePath(`${path}-complete`);
  await complete;
}

export default async function barrierQueue({ servers, print }: Stage): Promise<void> {
  await using host = await connect(servers);
  await host.create("/table");
  const players = ["north", "east", "south", "west"];
  const started: string[] = [];
  const games: Promise<void>[] = [];
  for (const [i, player] of players.entries()) {
    print(`${player} comes, as number ${i + 1} of ${players.length}; ${started.length} play`);
    const zk = await connect(servers);
    await new Promise<void>((joined) => {
      games.push(
        (async () => {
          await joinAndWait(zk, "/table", player, players.length, joined);
          started.push(player);
          await zk.close();
        })(),
      );
    });
  }
  await Promise.all(games);
  print(`the table is full: ${started.sort().join(", ")} play`);
}
