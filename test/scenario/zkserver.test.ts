import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, watch, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isAlive } from "../../src/cli/pid-file.ts";
import { askFourLetterWord } from "../../src/transport/four-letter-client.ts";
import { Changes } from "../support/changes.ts";
import { Checkout, freePort, type Outcome } from "../support/checkout.ts";
import { GrowingText } from "../support/growing-text.ts";

let checkout: Checkout;
let port: number;
const processes: ChildProcess[] = [];

beforeAll(async () => {
  checkout = await Checkout.create();
});
afterAll(() => checkout.remove());

beforeEach(async () => {
  port = await freePort();
  configure();
});

/** Every server that a test has started has its pid in one of these files. */
afterEach(() => {
  for (const child of processes.splice(0)) child.kill("SIGKILL");
  for (const file of ["data/zookeeper_server.pid", "run/server.pid"]) {
    if (existsSync(checkout.path(file))) kill(Number(checkout.read(file)));
  }
  for (const name of ["data", "run", "logs", "conf/java.env", "conf/zookeeper-env.sh", "log2"])
    checkout.remove(name);
});

function kill(pid: number): void {
  if (isAlive(pid)) process.kill(pid, "SIGKILL");
}

/** As a tutorial says: copy the sample, change dataDir (and here the port too). */
function configure(more = ""): void {
  const sample = checkout.read("conf/zoo_sample.cfg");
  const text = sample
    .replace(/^dataDir=.*$/m, `dataDir=${checkout.path("data")}`)
    .replace(/^clientPort=.*$/m, `clientPort=${port}`);
  checkout.write("conf/zoo.cfg", text + more);
}

const zkServer = (...words: string[]): Promise<Outcome> => checkout.run("bin/zkServer.sh", words);
const zkServerWith = (variables: Record<string, string>, ...words: string[]): Promise<Outcome> =>
  checkout.run("bin/zkServer.sh", words, variables);
const pid = (): number => Number(checkout.read("data/zookeeper_server.pid"));
const header = (configFile = "conf/zoo.cfg"): string =>
  `ZooKeeper JMX enabled by default\nUsing config: ${checkout.root}/bin/../${configFile}\n`;

describe("the tutorial", () => {
  test("start, status, stop", async () => {
    expect(await zkServer("start")).toEqual({
      code: 0,
      stdout: "Starting zookeeper ... STARTED\n",
      stderr: header(),
    });
    expect(checkout.read("data/zookeeper_server.pid")).toMatch(/^\d+$/);
    expect(await zkServer("status")).toEqual({
      code: 0,
      stdout: `Client port found: ${port}. Client address: localhost. Client SSL: false.\nMode: standalone\n`,
      stderr: header(),
    });
    const server = pid();
    expect(await zkServer("stop")).toEqual({
      code: 0,
      stdout: "Stopping zookeeper ... STOPPED\n",
      stderr: header(),
    });
    expect(isAlive(server)).toBe(false);
    expect(existsSync(checkout.path("data/zookeeper_server.pid"))).toBe(false);
    expect(readdirSync(checkout.path("data"))).toContain("version-2");
    expect(readdirSync(checkout.path("logs"))).toEqual(["zookeeper-zk-server-host.out"]);
  });

  test("from another directory and through a symbolic link", async () => {
    symlinkSync(checkout.path("bin/zkServer.sh"), checkout.path("zk"));
    const started = await checkout.run(checkout.path("zk"), ["start"], {}, "/");
    expect(started).toEqual({ code: 0, stdout: "Starting zookeeper ... STARTED\n", stderr: header() });
    expect((await checkout.run(checkout.path("zk"), ["stop"], {}, "/tmp")).code).toBe(0);
    checkout.remove("zk");
  });

  test("restart is another process on the same data", async () => {
    await zkServer("start");
    const first = pid();
    const restarted = await zkServer("restart");
    expect(restarted.stdout).toBe("Stopping zookeeper ... STOPPED\nStarting zookeeper ... STARTED\n");
    expect(restarted.code).toBe(0);
    expect(pid()).not.toBe(first);
    expect(isAlive(first)).toBe(false);
    // The output of the run before is kept beside the new one.
    expect(readdirSync(checkout.path("logs")).sort()).toEqual([
      "zookeeper-zk-server-host.out",
      "zookeeper-zk-server-host.out.1",
    ]);
  });
});

describe("start", () => {
  test("refuses beside a running server", async () => {
    await zkServer("start");
    const again = await zkServer("start");
    expect([again.code, again.stdout]).toEqual([
      1,
      `Starting zookeeper ... already running as process ${pid()}.\n`,
    ]);
    expect(await askFourLetterWord("127.0.0.1", port, "srvr", 5000)).toContain("Mode: standalone");
  });

  test("takes no notice of a pid file whose process has gone", async () => {
    checkout.write("data/zookeeper_server.pid", "4194303");
    expect((await zkServer("start")).stdout).toBe("Starting zookeeper ... STARTED\n");
    expect(pid()).not.toBe(4_194_303);
  });

  test("takes no notice of a pid that has become another program's, and stop does not kill that", async () => {
    const bystander = spawn("sleep", ["60"]);
    processes.push(bystander);
    checkout.write("data/zookeeper_server.pid", String(bystander.pid));
    const stopped = await zkServer("stop");
    expect([stopped.code, stopped.stdout]).toEqual([0, "Stopping zookeeper ... STOPPED\n"]);
    expect(stopped.stderr).toContain(`process ${bystander.pid} is no server`);
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
    checkout.write("data/zookeeper_server.pid", String(bystander.pid));
    expect((await zkServer("start")).code).toBe(0);
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
  });

  test("tells why the server did not come up", async () => {
    configure("tickTime=2s\n");
    const { code, stdout, stderr } = await zkServer("start");
    expect([code, stdout]).toEqual([1, "Starting zookeeper ... FAILED TO START\n"]);
    expect(stderr).toContain("Invalid config, exiting abnormally");
    expect(stderr).toMatch(
      /zoo\.cfg line \d+: tickTime=2s: For input string: "2s" \(allowed: 1 or more ms\)/,
    );
    expect(existsSync(checkout.path("data/zookeeper_server.pid"))).toBe(false);
  });

  test("tells when the port is in use", async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(port, resolve));
    const { code, stdout, stderr } = await zkServer("start");
    await new Promise((resolve) => squatter.close(resolve));
    expect([code, stdout]).toEqual([1, "Starting zookeeper ... FAILED TO START\n"]);
    expect(stderr).toContain(`cannot listen on *:${port}: the port is in use`);
  });

  test("needs a directory for its output", async () => {
    checkout.write("log2", "a file");
    const { code, stdout, stderr } = await zkServerWith({ ZOO_LOG_DIR: checkout.path("log2") }, "start");
    expect([code, stdout]).toEqual([1, "Starting zookeeper ... FAILED TO START\n"]);
    expect(stderr).toContain("Set ZOO_LOG_DIR to a directory that can be written.");
  });

  test("leaves no server behind when the pid cannot be written", async () => {
    checkout.write("run", "a file");
    const { code, stdout } = await zkServerWith({ ZOOPIDFILE: checkout.path("run/server.pid") }, "start");
    expect([code, stdout]).toEqual([1, "Starting zookeeper ... FAILED TO WRITE PID\n"]);
    await expect(askFourLetterWord("127.0.0.1", port, "srvr", 5000)).rejects.toThrow("ECONNREFUSED");
  });

  test("needs a configuration, and writes nothing without one", async () => {
    checkout.remove("conf/zoo.cfg");
    const { code, stdout, stderr } = await zkServer("start");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("zoo.cfg: no such file. Copy conf/zoo_sample.cfg there and set dataDir.");
    expect(existsSync("/zookeeper_server.pid")).toBe(false);
  });

  test("needs a data directory in the configuration", async () => {
    checkout.write("conf/zoo.cfg", "clientPort=2181\n");
    const { code, stderr } = await zkServer("start");
    expect(code).toBe(1);
    expect(stderr).toContain("dataDir is not set");
  });

  test("refuses without data when creating it is forbidden", async () => {
    const { code, stdout } = await zkServerWith({ ZOO_DATADIR_AUTOCREATE_DISABLE: "1" }, "start");
    const told = `ZooKeeper data directory is missing at ${checkout.path("data")} fix the path or run initialize\n`;
    expect([code, stdout]).toEqual([1, told]);
    mkdirSync(checkout.path("data/version-2"), { recursive: true });
    expect((await zkServerWith({ ZOO_DATADIR_AUTOCREATE_DISABLE: "1" }, "start")).code).toBe(0);
  });

  test("refuses a second server on the same data, by exit code 3", async () => {
    await zkServer("start");
    const other = checkout.read("conf/zoo.cfg").replace(/^clientPort=.*$/m, `clientPort=${await freePort()}`);
    checkout.write("conf/other.cfg", other);
    const { code, stderr } = await zkServer("start-foreground", "other.cfg");
    expect(code).toBe(3);
    expect(stderr).toContain("Unable to access datadir, exiting abnormally");
  });
});

describe("stop and status without a server", () => {
  test("stop", async () => {
    const file = checkout.path("data/zookeeper_server.pid");
    const { code, stdout } = await zkServer("stop");
    expect([code, stdout]).toEqual([
      0,
      `Stopping zookeeper ... no zookeeper to stop (could not find file ${file})\n`,
    ]);
  });

  test("status", async () => {
    const { code, stdout } = await zkServer("status");
    expect(code).toBe(1);
    expect(stdout).toBe(
      `Client port found: ${port}. Client address: localhost. Client SSL: false.\nError contacting service. It is probably not running.\n`,
    );
  });

  test("status without any port", async () => {
    checkout.write("conf/zoo.cfg", `dataDir=${checkout.path("data")}\n`);
    const { code, stdout } = await zkServer("status");
    expect([code, stdout.split("\n")]).toEqual([
      1,
      [
        "myid could not be determined, will not able to locate clientPort in the server configs.",
        "Client port not found. Looking for secureClientPort in the static config.",
        "Unable to find either secure or unsecure client port in any configs. Terminating.",
        "",
      ],
    ]);
  });
});

describe("environment", () => {
  test("the configuration can be written in any way that Java reads", async () => {
    checkout.write("conf/zoo.cfg", `dataDir : ${checkout.path("data")}\n  clientPort   ${port}\n`);
    expect((await zkServer("start")).code).toBe(0);
    expect((await zkServer("status")).stdout).toContain("Mode: standalone");
    expect((await zkServer("stop")).code).toBe(0);
  });

  test("--config, ZOOCFGDIR, ZOOCFG and a second word say which configuration", async () => {
    const used = async (variables: Record<string, string>, ...words: string[]): Promise<string | undefined> =>
      (await zkServerWith(variables, ...words)).stderr.split("\n")[1];
    expect(await used({}, "--config", "/etc/zk", "version")).toBe("Using config: /etc/zk/zoo.cfg");
    expect(await used({ ZOOCFGDIR: "/etc/zk" }, "version")).toBe("Using config: /etc/zk/zoo.cfg");
    expect(await used({ ZOOCFG: "x.cfg", ZOOCFGDIR: "/etc/zk" }, "version")).toBe(
      "Using config: /etc/zk/x.cfg",
    );
    expect(await used({ ZOOCFG: "/a/x.cfg" }, "version")).toBe("Using config: /a/x.cfg");
    expect(await used({ ZOOCFGDIR: "/etc/zk" }, "version", "y.cfg")).toBe("Using config: /etc/zk/y.cfg");
    expect(await used({ ZOOCFGDIR: "/etc/zk" }, "version", "./y.cfg")).toBe("Using config: ./y.cfg");
    expect(await used({ ZOOCFGDIR: "/etc/zk" }, "--config", "/etc/b c", "version")).toBe(
      "Using config: /etc/b c/zoo.cfg",
    );
  });

  test("the shell files of the configuration directory count, exported or not", async () => {
    checkout.write("conf/zookeeper-env.sh", `ZOO_LOG_DIR=${checkout.path("log2")}\n`);
    checkout.write("conf/java.env", 'SERVER_JVMFLAGS="-Dzookeeper.4lw.commands.whitelist=ruok -Xmx512m"\n');
    expect((await zkServer("start")).code).toBe(0);
    expect(await askFourLetterWord("127.0.0.1", port, "ruok", 5000)).toBe("imok");
    const told = "these JVM flags mean nothing to this server and are ignored: -Xmx512m";
    await untilLogged("log2", told);
  });

  test("the file wins over JVMFLAGS, JVMFLAGS win over SERVER_JVMFLAGS", async () => {
    configure("admin.enableServer=true\nadmin.serverAddress=127.0.0.1\nsnapCount=7777\n");
    const adminPort = await freePort();
    const flags = {
      SERVER_JVMFLAGS: `-Dzookeeper.snapCount=5 -Dzookeeper.preAllocSize=64 -Dzookeeper.admin.serverPort=${adminPort}`,
      JVMFLAGS: "-Dzookeeper.preAllocSize=128",
    };
    expect((await zkServerWith(flags, "start")).code).toBe(0);
    await untilLogged("logs", "Started AdminServer");
    const answer = await fetch(`http://127.0.0.1:${adminPort}/commands/system_properties`);
    const properties = (await answer.json()) as Record<string, string>;
    expect(properties["zookeeper.snapCount"]).toBe("7777");
    expect(properties["zookeeper.preAllocSize"]).toBe("128");
    expect(properties["zookeeper.log.dir"]).toBe(`${checkout.root}/bin/../logs`);
  });

  test("ZOOPIDFILE says where the pid is kept", async () => {
    const variables = { ZOOPIDFILE: checkout.path("run/server.pid") };
    expect((await zkServerWith(variables, "start")).code).toBe(0);
    expect(isAlive(Number(checkout.read("run/server.pid")))).toBe(true);
    expect((await zkServerWith(variables, "stop")).stdout).toBe("Stopping zookeeper ... STOPPED\n");
    expect(existsSync(checkout.path("run/server.pid"))).toBe(false);
  });

  test("JMX is talked about as Apache's script does", async () => {
    const first = async (variables: Record<string, string>): Promise<string> =>
      (await zkServerWith(variables, "version")).stderr;
    expect(await first({ JMXDISABLE: "true" })).toMatch(/^JMX disabled by user request\nUsing config/);
    expect(await first({ JMXPORT: "9" })).toContain("ZooKeeper remote JMX Port set to 9\n");
  });
});

/** Resolves when a server has written `text` into a log file, whose directory is there. */
async function untilLogged(directory: string, text: string): Promise<void> {
  const file = `${directory}/zookeeper-zk-server-host.out`;
  const changes = new Changes();
  const watcher = watch(checkout.path(directory), changes.note);
  try {
    await changes.until(
      () => existsSync(checkout.path(file)) && checkout.read(file).includes(text),
      25_000,
      () => `never logged ${JSON.stringify(text)}:\n${checkout.read(file)}`,
    );
  } finally {
    watcher.close();
  }
}

/** What a server in the foreground prints. */
function printed(server: ChildProcess): GrowingText {
  const text = new GrowingText();
  for (const stream of [server.stdout, server.stderr]) stream!.setEncoding("utf8").on("data", text.add);
  return text;
}

describe("other verbs", () => {
  test("version needs no configuration", async () => {
    checkout.remove("conf/zoo.cfg");
    const { code, stdout } = await zkServer("version");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Apache ZooKeeper, version \d+\.\d+\.\d+-menagerie-\S+ \d{4}-\d\d-\d\d \d\d:\d\d UTC\n$/,
    );
  });

  test("print-cmd prints a command that runs the server", async () => {
    const { code, stdout } = await zkServerWith({ SERVER_JVMFLAGS: "-Da=$x" }, "print-cmd");
    expect(code).toBe(0);
    expect(stdout).toContain('"-Da=\\$x" "org.apache.zookeeper.server.quorum.QuorumPeerMain"');
    mkdirSync(checkout.path("logs"));
    const server = spawn("bash", ["-c", `exec ${stdout}`], { env: { PATH: process.env.PATH } });
    processes.push(server);
    await untilLogged("logs", "serving clients");
    const answer = await askFourLetterWord("127.0.0.1", port, "srvr", 5000);
    expect(answer).toContain("Mode: standalone");
  });

  test("anything else gets the usage, and exit code 0", async () => {
    for (const words of [[], ["upgrade"], ["constructor"]]) {
      const { code, stdout, stderr } = await zkServer(...words);
      expect([code, stdout]).toEqual([0, ""]);
      expect(stderr).toContain(
        "Usage: bin/zkServer.sh [--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd}\n",
      );
    }
  });
});

describe("start-foreground", () => {
  test.each(["", "1"])("serves until it is asked to end (ZOO_NOEXEC=%j)", async (noExec) => {
    const env = { PATH: process.env.PATH ?? "", ZOO_NOEXEC: noExec };
    const server = spawn(checkout.path("bin/zkServer.sh"), ["start-foreground"], { env });
    processes.push(server);
    const output = printed(server);
    const exited = new Promise<number | null>((resolve) => server.once("exit", resolve));
    await output.sees("serving clients");
    expect(existsSync(checkout.path("data/zookeeper_server.pid"))).toBe(false);
    if (noExec === "") {
      server.kill("SIGTERM");
    } else {
      const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8");
      process.kill(Number(children), "SIGTERM");
    }
    expect(await exited).toBe(0);
  });

  test.each([
    ["missing", undefined, "file is missing"],
    ["wrong", "clientPort=1\n", "dataDir is not set"],
    ["of an ensemble with TLS", "ENSEMBLE", "TLS between servers is not part of this release yet"],
    ["with TLS", "TLS", "TLS is not part of this release yet"],
  ])("a configuration that is %s ends with exit code 2", async (_what, text, told) => {
    const base = `dataDir=${checkout.path("data")}\nclientPort=${port}\n`;
    const members = [1, 2, 3].map((id) => `server.${id}=h${id}:2888:3888\n`).join("");
    checkout.write("data/myid", "1\n");
    if (text === undefined) checkout.remove("conf/zoo.cfg");
    else if (text === "ENSEMBLE")
      checkout.write("conf/zoo.cfg", `${base}initLimit=5\nsyncLimit=2\nsslQuorum=true\n${members}`);
    else if (text === "TLS") checkout.write("conf/zoo.cfg", `${base}secureClientPort=2281\n`);
    else checkout.write("conf/zoo.cfg", text);
    const { code, stderr } = await zkServer("start-foreground");
    expect(code).toBe(2);
    expect(stderr).toContain("\nInvalid config, exiting abnormally\n");
    expect(stderr).toContain(told);
    expect(existsSync(checkout.path("data/version-2"))).toBe(false);
  });

  test("a missing data directory that must not be created ends with exit code 3", async () => {
    configure("datadir.autocreate=false\n");
    const { code, stderr } = await zkServer("start-foreground");
    expect(code).toBe(3);
    expect(stderr).toContain("Unable to access datadir, exiting abnormally");
  });
});

describe("an incomplete installation", () => {
  test("without a build", async () => {
    checkout.rename("dist", "elsewhere");
    const { code, stderr } = await zkServer("start");
    checkout.rename("elsewhere", "dist");
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error: there is no build in ${checkout.root}/dist. Run 'npm install' there first.\n`,
    );
  });

  test("without Node", async () => {
    const { code, stderr } = await zkServerWith({ NODE: "no-such-node" }, "start");
    expect(code).toBe(1);
    expect(stderr).toBe("Error: node could not be found in PATH. Node.js 20.19 or newer is needed.\n");
  });
});

test("a pid file with rubbish in it names no process", async () => {
  mkdirSync(checkout.path("data"));
  writeFileSync(checkout.path("data/zookeeper_server.pid"), "rubbish\n");
  expect((await zkServer("start")).code).toBe(0);
});
