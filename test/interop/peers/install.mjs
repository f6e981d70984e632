import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installDebianPackages } from "./debian.mjs";
import { cached, PeerInstallError, run } from "./step.mjs";

const HERE = import.meta.dirname;
const KAZOO = "kazoo==2.11.0";
const NPM_CLIENTS = { zookeeper: "7.3.0", "node-zookeeper-client": "1.1.3" };

/** Apache 3.8 as packaged by Debian: the jar's manifest names its dependencies; slf4j-simple makes it talk. */
const APACHE_38_JARS = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar";

function installKazoo(cache) {
  return cached(cache, "python", [KAZOO], (directory) => {
    run("kazoo", "python3", ["-m", "pip", "install", "--quiet", "--no-input", "--target", directory, KAZOO]);
    run("kazoo", "python3", ["-c", "import kazoo.client"], { env: { PYTHONPATH: directory } });
  });
}

function installMavenJars(cache, name, pomName) {
  const pom = join(HERE, pomName);
  return cached(cache, name, [readFileSync(pom, "utf8")], (directory) => {
    const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
    const settings = ["-q", "-B", "-f", pom, "-DincludeScope=runtime", `-DoutputDirectory=${directory}`];
    run("Apache ZooKeeper 3.9 and Curator (Maven)", "mvn", [...settings, goal]);
  });
}

function installNpmClients(cache) {
  return cached(cache, "npm", [NPM_CLIENTS, process.version], (directory) => {
    const manifest = { private: true, dependencies: NPM_CLIENTS };
    writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
    const peer = "npm packages zookeeper and node-zookeeper-client";
    run(peer, "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts=false"], { cwd: directory });
    // The first is a native addon: that it loads is the only proof that it was built.
    const load = "require('zookeeper'); require('node-zookeeper-client')";
    run(peer, process.execPath, ["-e", load], { cwd: directory });
  });
}

function sources(folder, extension) {
  const directory = join(HERE, folder);
  const names = readdirSync(directory).filter((name) => name.endsWith(extension));
  if (names.length === 0) throw new PeerInstallError(folder, `no ${extension} sources in ${directory}`);
  return names.sort().map((name) => join(directory, name));
}

function compileJava(cache, name, folders, classPath) {
  const files = folders.flatMap((folder) => sources(folder, ".java"));
  const key = [classPath, files.map((file) => readFileSync(file, "utf8"))];
  return cached(cache, name, key, (directory) => {
    run(`Java programs (${name})`, "javac", ["-nowarn", "-d", directory, "-cp", classPath, ...files]);
  });
}

function compileC(cache) {
  const files = sources("c", ".c");
  const key = files.map((file) => readFileSync(file, "utf8"));
  const directory = cached(cache, "c", key, (out) => {
    const program = join(out, "tutorial");
    // THREADED: the header hides the synchronous calls without it.
    const flags = ["-O1", "-Wall", "-DTHREADED", "-I/usr/include/zookeeper", "-o", program];
    run("C client (libzookeeper-mt)", "cc", [...flags, ...files, "-lzookeeper_mt", "-lpthread"]);
  });
  return join(directory, "tutorial");
}

/** Apache's classes without the jar manifest, whose class path would switch the line editor of zkCli on. */
function unpackBareCli(cache) {
  const directory = cached(cache, "zookeeper-3.8-classes", ["1"], (out) => {
    run("Apache ZooKeeper 3.8 classes", "jar", ["xf", "/usr/share/java/zookeeper.jar"], { cwd: out });
  });
  const jars = ["zookeeper-jute", "commons-cli", "slf4j-api", "slf4j-simple", "netty-all", "commons-io"];
  return [directory, ...jars.map((jar) => `/usr/share/java/${jar}.jar`)].join(":");
}

/**
 * Installs every peer that is not there yet and writes `<cache>/peers.json`, which tells the tests where they are
 * (test/support/apache.ts and test/interop/support/peers.ts read it). Throws PeerInstallError at the first failure.
 */
export function installPeers(cache) {
  installDebianPackages();
  const python = installKazoo(cache);
  const maven = installMavenJars(cache, "maven", "pom.xml");
  const discovery = installMavenJars(cache, "maven-discovery", "discovery-pom.xml");
  const npm = installNpmClients(cache);
  const apache39 = join(maven, "*");
  const peers = {
    apache38ClassPath: APACHE_38_JARS,
    apache39ClassPath: apache39,
    discoveryClassPath: join(discovery, "*"),
    zkCliClassPath: unpackBareCli(cache),
    pythonPath: python,
    npmDirectory: npm,
    javaPrograms38: `${compileJava(cache, "java-3.8", ["java"], APACHE_38_JARS)}:${APACHE_38_JARS}`,
    javaPrograms39: `${compileJava(cache, "java-3.9", ["java", "curator"], apache39)}:${apache39}`,
    cProgram: compileC(cache),
  };
  writeFileSync(join(cache, "peers.json"), `${JSON.stringify(peers, null, 2)}\n`);
  return peers;
}
