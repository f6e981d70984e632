import { type Client, connect } from "menagerie";
import { type Stage, text, unless } from "./stage.ts";

/** The servers that are there, again each time that one comes or goes. */
export async function* groups(zk: Client, signal?: AbortSignal): AsyncGenerator<string[]> {
  await zk.ensurePath("/servers");
  await using watch = await zk.watch("/servers", { mode: "persistent", signal });
  yield await list(zk);
  for await (const _change of watch) {
    // While the connection is away nothing can be read; when it is back the watch says `gap`, and the list is read then.
    const servers = await list(zk).catch(unless("ConnectionError", "SessionExpiredError"));
    if (servers !== undefined) yield servers;
  }
}

async function list(zk: Client): Promise<string[]> {
  const { children } = await zk.children("/servers");
  const servers = await Promise.all(
    children.sort().map(async (name) => {
      // It may have gone since we have its name.
      const address = await zk.get(`/servers/${name}`).catch(unless("NONODE"));
      return address && `${name}=${text(address.data)}`;
    }),
  );
  return servers.filter((server) => server !== undefined);
}

/** `npm run example -- group-membership-client --servers HOST:PORT` */
export default async function client({ servers, print, signal }: Stage): Promise<void> {
  await using zk = await connect(servers);
  for await (const group of groups(zk, signal)) print(`servers: ${group.join(" ") || "none"}`);
}
