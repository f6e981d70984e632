/** The npm package `node-zookeeper-client` (pure JavaScript): what it sees. usage: node … HOST:PORT */
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { once } = require("node:events");
const { promisify } = require("node:util");

const zookeeper = createRequire(join(process.env.NPM_PEERS, "package.json"))("node-zookeeper-client");
const say = (...words) => console.log(...words);

function shape(stat) {
  if (stat === null || stat === undefined) return String(stat);
  const isEphemeral = !stat.ephemeralOwner.equals(Buffer.alloc(8));
  return `v${stat.version} c${stat.cversion} len${stat.dataLength} kids${stat.numChildren} ephemeral=${isEphemeral}`;
}

async function attempt(what, call) {
  try {
    say(what, await call());
  } catch (error) {
    say(what, "error", error.name, error.code);
  }
}

function promises(client) {
  const out = {};
  for (const name of [
    "create",
    "remove",
    "exists",
    "getData",
    "setData",
    "getChildren",
    "getACL",
    "setACL",
    "mkdirp",
  ]) {
    out[name] = promisify(client[name]).bind(client);
  }
  return out;
}

async function main() {
  const client = zookeeper.createClient(process.argv[2], { sessionTimeout: 10000, spinDelay: 100 });
  client.connect();
  await once(client, "connected");
  const zk = promises(client);
  const { CreateMode, ACL, Permission, Id } = zookeeper;
  await attempt("create", () => zk.create("/n", Buffer.from("hello")));
  await attempt("create again", () => zk.create("/n", Buffer.from("hello")));
  await attempt("sequence", () => zk.create("/n/s-", CreateMode.PERSISTENT_SEQUENTIAL));
  await attempt("ephemeral", () => zk.create("/n/e", CreateMode.EPHEMERAL));
  await attempt("below ephemeral", () => zk.create("/n/e/x"));
  await attempt("no parent", () => zk.create("/none/x"));
  await attempt("mkdirp", () => zk.mkdirp("/n/a/b/c"));
  await attempt("exists", async () => shape(await zk.exists("/n")));
  await attempt("missing", async () => shape(await zk.exists("/none")));
  await attempt("get", async () => {
    const getBoth = (path) =>
      new Promise((resolve, reject) =>
        client.getData(path, (error, data, stat) => (error ? reject(error) : resolve([data, stat]))),
      );
    const [data, stat] = await getBoth("/n");
    return `${data} ${shape(stat)}`;
  });
  await attempt("set", async () => shape(await zk.setData("/n", Buffer.from("v1"), 0)));
  await attempt("set wrong version", () => zk.setData("/n", Buffer.from("v2"), 0));
  await attempt("children", async () => (await zk.getChildren("/n")).sort().join());
  await attempt("acl", async () =>
    (await zk.getACL("/n")).map((acl) => `${acl.permission} ${acl.id.scheme}`).join(),
  );
  client.addAuthInfo("digest", Buffer.from("ann:pw"));
  await attempt("setACL", async () =>
    shape(await zk.setACL("/n", [new ACL(Permission.ALL, new Id("auth", ""))], 0)),
  );
  await attempt("acl", async () =>
    (await zk.getACL("/n")).map((acl) => `${acl.permission} ${acl.id.id}`).join(),
  );
  await attempt("delete not empty", () => zk.remove("/n", -1));
  await attempt("transaction", async () => {
    const transaction = client
      .transaction()
      .create("/n/t", Buffer.from("1"))
      .setData("/n/t", Buffer.from("2"), 0);
    const results = await promisify(transaction.check("/n/t", 1).remove("/n/t", -1).commit).call(transaction);
    return results.map((result) => result.type).join();
  });

  const events = [];
  const watched = (register) =>
    new Promise((resolve, reject) => {
      register(
        (event) => {
          events.push(`${event.getName()} ${event.getPath()}`);
          resolve();
        },
        (error) => error && error.name !== "NO_NODE" && reject(error),
      );
    });
  let arrived = watched((watcher, done) => client.exists("/n/w", watcher, done));
  await zk.create("/n/w");
  await arrived;
  arrived = watched((watcher, done) => client.getData("/n/w", watcher, done));
  await zk.setData("/n/w", Buffer.from("1"), -1);
  await arrived;
  arrived = watched((watcher, done) => client.getChildren("/n/w", watcher, done));
  await zk.create("/n/w/x");
  await arrived;
  for (const event of events) say("event", event);

  const again = once(client, "connected");
  say("@restart");
  await once(process.stdin, "data");
  await again;
  await attempt("after restart", async () => String(await zk.getData("/n")));
  await attempt("ephemeral after restart", async () => shape(await zk.exists("/n/e")));
  const gone = once(client, "disconnected");
  client.close();
  await gone;
  say("done");
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
