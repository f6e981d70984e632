import { createRequire } from "node:module";
import { connect } from "../../src/client/index.ts";

/** The four operations that every library has, as promises. */
export interface Library {
  get(path: string): Promise<unknown>;
  set(path: string, data: Buffer): Promise<unknown>;
  create(path: string, data: Buffer): Promise<unknown>;
  list(path: string): Promise<unknown>;
  close(): unknown;
}

export const LIBRARIES = ["menagerie", "node-zookeeper-client", "zookeeper"] as const;
export type LibraryName = (typeof LIBRARIES)[number];

type Callback = (error: Error | null, value: unknown) => void;

/** A call with a callback at its end, as a promise: what a program would write, too. */
function promised(start: (done: Callback) => void): Promise<unknown> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))));
}

async function menagerie(address: string): Promise<Library> {
  const zk = await connect(address);
  return {
    get: (path) => zk.get(path),
    set: (path, data) => zk.set(path, data),
    create: (path, data) => zk.create(path, { data }),
    list: (path) => zk.children(path),
    close: () => zk.close(),
  };
}

async function nodeZookeeperClient(address: string, require: NodeJS.Require): Promise<Library> {
  const client = require("node-zookeeper-client").createClient(address);
  await new Promise<void>((resolve) => {
    client.once("connected", resolve);
    client.connect();
  });
  return {
    get: (path) => promised((done) => client.getData(path, done)),
    set: (path, data) => promised((done) => client.setData(path, data, -1, done)),
    create: (path, data) => promised((done) => client.create(path, data, done)),
    list: (path) => promised((done) => client.getChildren(path, done)),
    close: () => client.close(),
  };
}

async function nativeZookeeper(address: string, require: NodeJS.Require): Promise<Library> {
  const ZooKeeper = require("zookeeper");
  const config = { connect: address, timeout: 30_000, debug_level: 1, host_order_deterministic: true };
  const client = new ZooKeeper(config);
  await new Promise<void>((resolve) => {
    client.once("connect", () => resolve());
    client.init(config);
  });
  return {
    get: (path) => client.get(path, false),
    set: (path, data) => client.set(path, data, -1),
    create: (path, data) => client.create(path, data, 0),
    list: (path) => client.get_children(path, false),
    close: () => client.close(),
  };
}

/** Connects with the named library; the npm ones are found in `npmDirectory`. */
export function openLibrary(name: LibraryName, address: string, npmDirectory: string): Promise<Library> {
  const require = createRequire(`${npmDirectory}/`);
  switch (name) {
    case "menagerie":
      return menagerie(address);
    case "node-zookeeper-client":
      return nodeZookeeperClient(address, require);
    case "zookeeper":
      return nativeZookeeper(address, require);
    default:
      throw new Error(`unknown library ${String(name)}`);
  }
}
