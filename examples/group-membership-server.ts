import { type Client, connect } from "menagerie";
import type { Stage } from "./stage.ts";

/** A server that is in the list as long as its session lives: an ephemeral znode needs nobody to clean up. */
export async function joinGroup(servers: string, name: string, address: string): Promise<Client> {
  const zk = await connect(servers);
  const join = (): Promise<unknown> => zk.create(`/servers/${name}`, { data: address, mode: "ephemeral" });
  await zk.ensurePath("/servers");
  await join();
  // After an expiry the client has a new session, and the znode is gone with the old one: join again.
  zk.on("session", () => void join().catch(() => {}));
  return zk;
}

/** `npm run example -- group-membership-server --servers HOST:PORT NAME ADDRESS` */
export default async function server({ servers, print, args, signal }: Stage): Promise<void> {
  const [name = `server-${process.pid}`, address = "127.0.0.1:8080"] = args;
  await using zk = await joinGroup(servers, name, address);
  print(`${name} has joined; Ctrl-C ends it`);
  await zk.when("closed", { signal }).catch(() => {});
}
