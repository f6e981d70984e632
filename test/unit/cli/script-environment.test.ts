import { userInfo } from "node:os";
import { describe, expect, test } from "vitest";
import { parseCall, scriptEnvironment, type Variables } from "../../../src/cli/script-environment.ts";

const environmentOf = (words: readonly string[], variables: Variables = {}) =>
  scriptEnvironment(parseCall(words), { ZOOBINDIR: "/opt/zk/bin", USER: "zk", HOSTNAME: "h1", ...variables });

describe("a call", () => {
  test.each([
    [["start"], undefined, "start", undefined],
    [["start", "a.cfg"], undefined, "start", "a.cfg"],
    [["--config", "/c", "start", "a.cfg"], "/c", "start", "a.cfg"],
    [["--config", "/c"], "/c", undefined, undefined],
    [["--config"], undefined, "--config", undefined],
    [["start", "--config", "/c"], undefined, "start", "--config"],
    [[], undefined, undefined, undefined],
  ])("%j", (words, configDir, verb, configName) => {
    expect(parseCall(words)).toEqual({ configDir, verb, configName });
  });
});

describe("the environment of the scripts", () => {
  test("has Apache's defaults", () => {
    expect(environmentOf(["start"])).toEqual({
      configFile: "/opt/zk/bin/../etc/zookeeper/zoo.cfg",
      serverFlags: [],
      pidFile: null,
      logDir: "/opt/zk/bin/../logs",
      logFile: "zookeeper-zk-server-h1.log",
      outFile: "/opt/zk/bin/../logs/zookeeper-zk-server-h1.out",
      requiresData: false,
      heapMiB: null,
      jmxLines: ["ZooKeeper JMX enabled by default"],
    });
  });

  test("takes each variable", () => {
    const environment = environmentOf(["start"], {
      ZOOCFGDIR: "/etc/zk",
      ZOOCFG: "prod.cfg",
      ZOOPIDFILE: "/run/zk.pid",
      ZOO_LOG_DIR: "/var/log/zk",
      ZOO_LOG_FILE: "zk.log",
      ZOO_DATADIR_AUTOCREATE_DISABLE: "false",
      ZK_SERVER_HEAP: "2048",
      SERVER_JVMFLAGS: " -Da=1\t-server ",
      JVMFLAGS: "-Db=2",
      JMXDISABLE: "false",
    });
    expect(environment).toEqual({
      configFile: "/etc/zk/prod.cfg",
      serverFlags: ["-Da=1", "-server", "-Db=2"],
      pidFile: "/run/zk.pid",
      logDir: "/var/log/zk",
      logFile: "zk.log",
      outFile: "/var/log/zk/zookeeper-zk-server-h1.out",
      // Not empty is enough, as in Apache's script.
      requiresData: true,
      heapMiB: 2048,
      jmxLines: ["ZooKeeper JMX enabled by default"],
    });
  });

  test("a heap that is no number is no heap", () => {
    for (const heap of ["", "0", "1g", "-5"])
      expect(environmentOf([], { ZK_SERVER_HEAP: heap }).heapMiB).toBeNull();
  });

  test("goes without USER and HOSTNAME, as in a container", () => {
    const { outFile } = environmentOf([], { USER: undefined, HOSTNAME: undefined });
    expect(outFile).toMatch(new RegExp(`/zookeeper-${userInfo().username}-server-.+\\.out$`));
  });

  test("says all of JMX that Apache's script says", () => {
    const { jmxLines } = environmentOf([], { JMXPORT: "99", JMXSSL: "true", JMXHOSTNAME: "h" });
    expect(jmxLines).toEqual([
      "ZooKeeper JMX enabled by default",
      "ZooKeeper remote JMX Port set to 99",
      "ZooKeeper remote JMX authenticate set to false",
      "ZooKeeper remote JMX ssl set to true",
      "ZooKeeper remote JMX log4j set to true",
      "ZooKeeper remote JMX Hostname set to h",
    ]);
  });
});
