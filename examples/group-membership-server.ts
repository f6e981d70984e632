import { type Client, connect } from "menagerie";
import { type Stage, unless } from "./stage.ts";

/** Has the server's znode created by this session; waits while another one has the name, such as that of an earlier run. */
async function join(zk: Client, path: string, address: string): Promise<void> {
  for (;;) {
    // A connection that breaks over the create leaves open whether it happened: looking finds out.
    await zk
      .create(path, { data: address, mode: "ephemeral" })
      .catch(unless("NODEEXISTS", "ConnectionError"));
    let change = (): void => {};
    const changed = new Promise<void>((resolve) => {
      change = resolve;
    });
    const stat = await zk.exists(path, { watch: () => change() });
    if (stat?.ephemeralOwner.equals(zk.session!.id)) return;
    if (stat !== null) await changed;
  }
}

/** A server that is in the list as long as its session lives: an ephemeral znode needs nobody to clean up. */
export async function joinGroup(servers: string, name: string, address: string): Promise<Client> {
  const zk = await connect(servers);
  await zk.ensurePath("/servers");
  await join(zk, `/servers/${name}`, address);
  // After an expiry the client has a new session, and the znode is gone with the old one: join again.
  zk.on("session", () => {
    void join(zk, `/servers/${name}`, address).catch(unless("ClosedError", "SessionExpiredError"));
  });
  return zk;
}

/** `npm run example -- group-membership-server --servers HOST:PORT NAME ADDRESS` */
export default async function server({ servers, print, args, signal }: Stage): Promise<void> {
  const [name = `server-${process.pid}`, address = "127.0.0.1:8080"] = args;
  await using zk = await joinGroup(servers, name, address);
  print(`${name} has joined; Ctrl-C ends it`);
  await zk.when("closed", { signal }).catch(unless("AbortedError"));
}
