import { type Client, ConnectionError } from "../../src/client/index.ts";
import { eventually, type RecipeWorld } from "./recipe-world.ts";

export interface StormOptions {
  /** Clients through the proxy whose sessions are ended, too, one by one: for recipes that belong to no session. */
  readonly expiring?: readonly Client[] | undefined;
}

/** How many times each kind of fault comes. */
const CYCLES = 2;
/** Calls of an undisturbed client that a fault lasts, and the quiet after it. */
const FAULT_CALLS = 15;
const QUIET_CALLS = 30;

/**
 * Lets `work` go on while the network cuts, delays and drops both ways and the server restarts, by turns; `work` ends after it has been
 * told that all of it is over, so every kind of fault has met it. Resolves, or rejects, as `work` does.
 */
export async function storm<T>(
  world: RecipeWorld,
  work: (isOver: () => boolean) => Promise<T>,
  { expiring = [] }: StormOptions = {},
): Promise<T> {
  const observer = await world.client();
  let isOver = false;
  let isDone = false;
  const working = work(() => isOver).finally(() => {
    isDone = true;
  });
  const { proxy, server } = world;
  const faults: (() => unknown)[] = [
    () => proxy.cut(),
    () => proxy.drop("toClient"),
    () => proxy.delay(3),
    () => proxy.drop("toServer"),
    () => proxy.hold("toClient"),
    () => server.restart(),
    ...expiring.map((client) => async () => {
      const { session } = client;
      if (session !== undefined) await server.expireSession(session.id);
    }),
  ];
  const blowing = async (): Promise<void> => {
    for (let at = 0; at < CYCLES * faults.length && !isDone; at++) {
      const connections = proxy.connectionCount;
      await faults[at % faults.length]!();
      await calls(observer, FAULT_CALLS);
      proxy.heal();
      proxy.cut();
      await eventually(() => isDone || proxy.connectionCount >= connections);
      await calls(observer, QUIET_CALLS);
    }
    isOver = true;
  };
  const [result] = await Promise.all([working, blowing()]);
  return result;
}

/** So many round trips, one after the other: time that passes for everybody. */
async function calls(client: Client, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await answered(() => client.exists("/"));
}

/** What a harmless call answers, asked again after a loss. */
export async function answered<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ConnectionError && error.kind === "lost")) throw error;
    }
  }
}
