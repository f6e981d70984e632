import { type Client, ConnectionError, connect, KeeperError, SessionExpiredError } from "menagerie";
import { type Stage, text } from "./stage.ts";

/** The servers that are there, again each time that one comes or goes. */
export async function* groups(zk: Client, signal?: AbortSignal): AsyncGenerator<string[]> {
  await zk.ensurePath("/servers");
  await using watch = await zk.watch("/servers", { mode: "persistent", signal });
  yield await list(zk);
  for await (const _change of watch) {
    const servers = await list(zk).catch(unlessAway);
    if (servers !== undefined) yield servers;
  }
}

/** While the connection is away there is nothing to be read; when it is back the watch says `gap`, and the list is read then. */
function unlessAway(error: unknown): undefined {
  if (!(error instanceof ConnectionError || error instanceof SessionExpiredError)) throw error;
}

async function list(zk: Client): Promise<string[]> {
  const { children } = await zk.children("/servers");
  const servers = await Promise.all(
    children.sort().map(async (name) => {
      // It may have gone since we have its name.
      const address = await zk.get(`/servers/${name}`).catch(unlessGone);
      return address && `${name}=${text(address.data)}`;
    }),
  );
  return servers.filter((server) => server !== undefined);
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof KeeperError && error.code === "NONODE")) throw error;
}

/** `npm run example -- group-membership-client --servers HOST:PORT` */
export default async function client({ servers, print, signal }: Stage): Promise<void> {
  await using zk = await connect(servers);
  for await (const group of groups(zk, signal)) print(`servers: ${group.join(" ") || "none"}`);
}
