/** The npm package `zookeeper` (the C client in Node): what it sees. usage: node zookeeper.cjs HOST:PORT */
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { once } = require("node:events");

const ZooKeeper = createRequire(join(process.env.NPM_PEERS, "package.json"))("zookeeper");
const say = (...words) => console.log(...words);

function shape(stat) {
  return `v${stat.version} c${stat.cversion} len${stat.dataLength} kids${stat.numChildren} ephemeral=${Number(stat.ephemeralOwner) !== 0}`;
}

async function attempt(what, call) {
  try {
    say(what, await call());
  } catch (error) {
    say(what, "error", error.code ?? error.message);
  }
}

function connect(address) {
  const client = new ZooKeeper({
    connect: address,
    timeout: 10000,
    debug_level: 1,
    host_order_deterministic: true,
  });
  return new Promise((resolve) => {
    client.once("connect", () => resolve(client));
    client.init({});
  });
}

async function main() {
  const client = await connect(process.argv[2]);
  const K = ZooKeeper;
  await attempt("create", () => client.create("/n", "hello", 0));
  await attempt("create again", () => client.create("/n", "hello", 0));
  await attempt("sequence", () => client.create("/n/s-", "", K.ZOO_SEQUENCE));
  await attempt("ephemeral", () => client.create("/n/e", "", K.ZOO_EPHEMERAL));
  await attempt("below ephemeral", () => client.create("/n/e/x", "", 0));
  await attempt("exists", async () => shape(await client.exists("/n", false)));
  await attempt("missing", () => client.exists("/none", false));
  await attempt("get", async () => {
    const [stat, data] = await client.get("/n", false);
    return `${data} ${shape(stat)}`;
  });
  await attempt("set", async () => shape(await client.set("/n", "v1", 0)));
  await attempt("set wrong version", () => client.set("/n", "v2", 0));
  await attempt("children", async () => (await client.get_children("/n", false)).sort().join());
  await attempt("children2", async () => {
    const [names, stat] = await client.get_children2("/n", false);
    return `${names.length} ${shape(stat)}`;
  });
  await attempt("acl", async () => {
    const [acl] = await client.get_acl("/n");
    return JSON.stringify(acl);
  });
  await attempt("delete not empty", () => client.delete_("/n", -1));

  const events = [];
  const watched = (register) =>
    new Promise((resolve) => {
      register((type, state, path) => {
        events.push(`${type} ${state} ${path}`);
        resolve();
      });
    });
  let arrived = watched((watcher) => client.aw_exists("/n/w", watcher, () => undefined));
  await client.create("/n/w", "", 0);
  await arrived;
  arrived = watched((watcher) => client.aw_get("/n/w", watcher, () => undefined));
  await client.set("/n/w", "1", -1);
  await arrived;
  arrived = watched((watcher) => client.aw_get_children("/n/w", watcher, () => undefined));
  await client.create("/n/w/x", "", 0);
  await arrived;
  for (const event of events) say("event", event);

  const again = once(client, "connect");
  say("@restart");
  await once(process.stdin, "data");
  await again;
  await attempt("after restart", async () => (await client.get("/n", false))[1].toString());
  await attempt("ephemeral after restart", async () => shape(await client.exists("/n/e", false)));
  const closed = once(client, "close");
  client.close();
  await closed;
  say("done");
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
