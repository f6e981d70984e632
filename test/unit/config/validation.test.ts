import { describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/config.ts";
import { resolveConfig } from "../../../src/config/resolve-config.ts";
import { allOptions } from "../../../src/config/schema.ts";
import { parseJvmFlags, readSettings } from "../../../src/config/settings.ts";

/** Resolves a zoo.cfg at /etc/zk/zoo.cfg with the other files given by path. */
function resolve(
  lines: string,
  files: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Config {
  const configFile = "/etc/zk/zoo.cfg";
  return resolveConfig({
    configFile,
    settings: readSettings(configFile, Buffer.from(lines)),
    flags: parseJvmFlags(flags),
    readFile: (path) => (Object.hasOwn(files, path) ? Buffer.from(files[path] ?? "") : undefined),
  });
}

const STANDALONE = "dataDir=/data\nclientPort=2181\n";
const ENSEMBLE = `${STANDALONE}initLimit=10\nsyncLimit=5\n`;
const THREE = "server.1=a:2888:3888\nserver.2=b:2888:3888\nserver.3=c:2888:3888\n";
const MYID = { "/data/myid": "1\n" };
const DYNAMIC = "dynamicConfigFile=/etc/zk/zoo.cfg.dynamic\n";

/** The circumstances of configuration 1.5 that files and flags can make: lines of zoo.cfg, other files, what is told. */
const REFUSED: readonly (readonly [
  circumstance: string,
  lines: string,
  files: Readonly<Record<string, string>>,
  told: string,
])[] = [
  ["dataDir absent", "clientPort=2181\n", {}, "dataDir is not set"],
  ["dataDir empty", "dataDir=\nclientPort=2181\n", {}, "dataDir is not set"],
  [
    "a bad integer, with file and line",
    "dataDir=/data\nclientPort = abc\n",
    {},
    '/etc/zk/zoo.cfg line 2: clientPort=abc: For input string: "abc" (allowed: 0..65535)',
  ],
  [
    "clientPortAddress without clientPort",
    "dataDir=/data\nclientPortAddress=10.0.0.1\n",
    {},
    "clientPortAddress is set but clientPort is not set",
  ],
  [
    "secureClientPortAddress without secureClientPort",
    `${STANDALONE}secureClientPortAddress=10.0.0.1\n`,
    {},
    "secureClientPortAddress is set but secureClientPort is not set",
  ],
  ["tickTime=0", `${STANDALONE}tickTime=0\n`, {}, "tickTime is not set"],
  [
    "min above max session timeout",
    `${STANDALONE}tickTime=1000\nminSessionTimeout=20001\n`,
    {},
    "minSessionTimeout=20001: minSessionTimeout must not be larger than maxSessionTimeout (allowed: 0..20000 ms)",
  ],
  ["electionAlg=1", `${STANDALONE}electionAlg=1\n`, {}, "Invalid electionAlg value. Only 3 is supported."],
  ["bad peerType", `${STANDALONE}peerType=watcher\n`, {}, "Unrecognised peertype: watcher"],
  [
    "bad boolean in a named key",
    `${STANDALONE}reconfigEnabled=on\n`,
    {},
    "Invalid option on for reconfigEnabled. Choose 'true' or 'false.'",
  ],
  ["bad purge suffix", `${STANDALONE}autopurge.purgeInterval=10x\n`, {}, "Illegal time interval suffix: 10x"],
  [
    "unknown metrics provider",
    `${STANDALONE}metricsProvider.className=x.Y\n`,
    {},
    "metrics provider class was not found",
  ],
  [
    "serverRequireSasl without enableSasl",
    `${STANDALONE}quorum.auth.serverRequireSasl=true\n`,
    {},
    "quorum.auth.enableSasl is disabled, so cannot enable quorum.auth.serverRequireSasl",
  ],
  [
    "learnerRequireSasl without enableSasl",
    `${STANDALONE}quorum.auth.learnerRequireSasl=true\n`,
    {},
    "quorum.auth.enableSasl is disabled, so cannot enable quorum.auth.learnerRequireSasl",
  ],
  [
    "serverRequireSasl without learnerRequireSasl",
    `${STANDALONE}quorum.auth.enableSasl=true\nquorum.auth.serverRequireSasl=true\n`,
    {},
    "quorum.auth.learnerRequireSasl is disabled, so cannot enable quorum.auth.serverRequireSasl",
  ],
  [
    "ensemble key beside dynamicConfigFile",
    `${ENSEMBLE}${DYNAMIC}weight.1=1\n`,
    { ...MYID, "/etc/zk/zoo.cfg.dynamic": THREE },
    "parameter: weight.1 must be in a separate dynamic config file",
  ],
  ["dynamic file missing", `${ENSEMBLE}${DYNAMIC}`, MYID, "Error processing /etc/zk/zoo.cfg.dynamic"],
  [
    "version inside the dynamic file",
    `${ENSEMBLE}${DYNAMIC}`,
    { ...MYID, "/etc/zk/zoo.cfg.dynamic": `${THREE}version=1\n` },
    "dynamic file shouldn't have version inside",
  ],
  [
    "other key inside the dynamic file",
    `${ENSEMBLE}${DYNAMIC}`,
    { ...MYID, "/etc/zk/zoo.cfg.dynamic": `${THREE}tickTime=1\n` },
    "/etc/zk/zoo.cfg.dynamic line 4: tickTime=1: Unrecognised parameter: tickTime",
  ],
  ["distributed without myid", `${ENSEMBLE}${THREE}`, {}, "myid file is missing"],
  [
    "myid is no number",
    `${ENSEMBLE}${THREE}`,
    { "/data/myid": "one\n" },
    "/data/myid line 1: serverid one is not a number",
  ],
  [
    "myid with a trailing blank",
    `${ENSEMBLE}${THREE}`,
    { "/data/myid": "1 \n" },
    "serverid 1  is not a number",
  ],
  [
    "myid with what an editor puts in front, and cannot be seen",
    STANDALONE,
    { "/data/myid": "\ufeff1\n" },
    'serverid "\\ufeff1" is not a number',
  ],
  ["myid empty", STANDALONE, { "/data/myid": "" }, "serverid null is not a number"],
  ["initLimit absent", `${STANDALONE}syncLimit=5\n${THREE}`, MYID, "initLimit is not set"],
  ["syncLimit 0", `${STANDALONE}initLimit=5\nsyncLimit=0\n${THREE}`, MYID, "syncLimit is not set"],
  [
    "observers but no participant",
    `${ENSEMBLE}server.1=a:1:2:observer\n`,
    MYID,
    "Observers w/o participants is an invalid configuration",
  ],
  [
    "one participant and an observer",
    `${ENSEMBLE}server.1=a:1:2\nserver.2=b:1:2:observer\n`,
    MYID,
    "Observers w/o quorum is an invalid configuration",
  ],
  [
    "standaloneEnabled=false and no participant",
    `${ENSEMBLE}standaloneEnabled=false\n`,
    MYID,
    "standaloneEnabled = false then number of participants should be >0",
  ],
  ["one port only", `${ENSEMBLE}server.1=a:2888\n`, MYID, "a:2888 does not have the form server_config or"],
  ["five parts", `${ENSEMBLE}server.1=a:1:2:observer:x\n`, MYID, "does not have the form server_config"],
  ["three client parts", `${ENSEMBLE}server.1=a:1:2;3;4;5\n`, MYID, "does not have the form server_config"],
  ["non-numeric quorum port", `${ENSEMBLE}server.1=a:x:3888\n`, MYID, "Address unresolved: a:x"],
  ["non-numeric election port", `${ENSEMBLE}server.1=a:2888:y\n`, MYID, "Address unresolved: a:y"],
  ["non-numeric client port", `${ENSEMBLE}server.1=a:2888:3888;h:z\n`, MYID, "Address unresolved: h:z"],
  ["port out of range", `${ENSEMBLE}server.1=a:70000:3888\n`, MYID, "port out of range:70000"],
  [
    "unclosed bracket",
    `${ENSEMBLE}server.1=[::1:2888:3888\n`,
    MYID,
    "starts with '[' but has no matching ']:'",
  ],
  ["nothing behind the bracket", `${ENSEMBLE}server.1=[::1]:\n`, MYID, "doesn't have a port after colon"],
  ["bad role", `${ENSEMBLE}server.1=a:1:2:leader\n`, MYID, "Unrecognised peertype: leader"],
  [
    "quorum port = election port",
    `${ENSEMBLE}server.3=a:2888:2888\n`,
    MYID,
    "/etc/zk/zoo.cfg line 5: server.3=a:2888:2888: Client and election port must be different! Please update the configuration file on server.3",
  ],
  ["non-numeric id", `${ENSEMBLE}server.x=a:1:2\n`, MYID, 'server.x=a:1:2: For input string: "x"'],
  ["an id no number can hold", `${ENSEMBLE}server.9999999999999999999=a:1:2\n`, MYID, "is too large"],
  [
    "several addresses while the feature is off",
    `${ENSEMBLE}server.7=a:1:2|b:1:2\n`,
    MYID,
    "Multiple address feature is disabled, but multiple addresses were specified for sid 7",
  ],
  [
    "addresses with different roles",
    `${ENSEMBLE}multiAddress.enabled=true\nserver.1=a:1:2:observer|b:1:2:participant\n`,
    MYID,
    "Multiple addresses should have similar roles: observer vs participant",
  ],
  ["participant in no group", `${ENSEMBLE}${THREE}group.1=1:2\n`, MYID, "Server 3 is not in a group"],
  [
    "participant in no group, weights only",
    `${ENSEMBLE}${THREE}weight.1=2\n`,
    MYID,
    "Server 1 is not in a group",
  ],
  [
    "server in two groups",
    `${ENSEMBLE}${THREE}group.1=1:2\ngroup.2=2:3\n`,
    MYID,
    "Server 2 is in multiple groups",
  ],
  [
    "group of a server without a line",
    `${ENSEMBLE}${THREE}group.1=1:2:3:4\n`,
    MYID,
    "there is no line server.4",
  ],
  [
    "weights that make no quorum",
    `${ENSEMBLE}${THREE}group.1=1:2:3\nweight.1=0\nweight.2=0\nweight.3=0\n`,
    MYID,
    "The groups and weights make no quorum: not even all participants together are one",
  ],
  [
    "a negative weight",
    `${ENSEMBLE}${THREE}group.1=1:2:3\nweight.1=-1\n`,
    MYID,
    "weight.1=-1: A weight must not be negative: -1",
  ],
  ["group of no numbers", `${ENSEMBLE}${THREE}group.1=1:b:3\n`, MYID, 'group.1=1:b:3: For input string: "b"'],
  [
    "clientPort contradicts the own server line",
    `${ENSEMBLE}server.1=a:1:2;2182\nserver.2=b:1:2\nserver.3=c:1:2\n`,
    MYID,
    "client address for this server (id = 1) in static config file is 0.0.0.0:2181 is different from client address found in dynamic file: 0.0.0.0:2182",
  ],
  [
    "clientPortAddress contradicts the own server line",
    `${ENSEMBLE}clientPortAddress=10.0.0.1\nserver.1=a:1:2;10.0.0.2:2181\nserver.2=b:1:2\nserver.3=c:1:2\n`,
    MYID,
    "in static config file is 10.0.0.1:2181 is different from client address found in dynamic file: 10.0.0.2:2181",
  ],
  [
    "secureClientPort contradicts the own server line",
    `${ENSEMBLE}secureClientPort=2281\nserver.1=a:1:2;;2282\nserver.2=b:1:2\nserver.3=c:1:2\n`,
    MYID,
    "secure client address for this server (id = 1) in static config file is 0.0.0.0:2281",
  ],
  [
    "enforce.auth without schemes",
    `${STANDALONE}enforce.auth.enabled=true\n`,
    {},
    "zookeeper.enforce.auth.enabled is true zookeeper.enforce.auth.schemes must be  configured.",
  ],
  [
    "enforce.auth with a scheme that is not there",
    `${STANDALONE}enforce.auth.enabled=true\nenforce.auth.schemes=digest,sasl\n`,
    {},
    "Authentication scheme sasl is not available. (allowed: world, ip, digest)",
  ],
  [
    "SASL required but not there",
    `${STANDALONE}sessionRequireClientSASLAuth=true\n`,
    {},
    "Authentication scheme sasl is not",
  ],
  ["a broken escape", "dataDir=/data\nx=\\u12\n", {}, "/etc/zk/zoo.cfg line 2: Malformed \\uxxxx encoding."],
  [
    "a bad version in the pending configuration",
    `${ENSEMBLE}${DYNAMIC}`,
    { ...MYID, "/etc/zk/zoo.cfg.dynamic": THREE, "/etc/zk/zoo.cfg.dynamic.next": `${THREE}version=xyz\n` },
    '/etc/zk/zoo.cfg.dynamic.next line 4: version=xyz: For input string: "xyz" (allowed: a hexadecimal number)',
  ],
];

describe("configurations that are refused", () => {
  test.each(REFUSED)("%s", (_circumstance, lines, files, told) => {
    expect(() => resolve(lines, files)).toThrow(told);
  });
});

/** What is only told. */
const TOLD: readonly (readonly [
  lines: string,
  files: Readonly<Record<string, string>>,
  level: string,
  told: string,
])[] = [
  [
    `${STANDALONE}server.1=a:1:2\n`,
    {},
    "error",
    "Invalid configuration, only one server specified (ignoring)",
  ],
  [
    `${ENSEMBLE}server.1=a:1:2\nserver.2=b:1:2\n`,
    MYID,
    "warn",
    "No server failure will be tolerated. You need at least 3 servers.",
  ],
  [
    `${ENSEMBLE}server.1=a:1:2\nserver.2=b:1:2\nserver.3=A:4:2\n`,
    MYID,
    "warn",
    "server.1 and server.3 have the same address a:2: one of the lines is wrong",
  ],
  [
    `${ENSEMBLE}${THREE}server.4=d:1:2\n`,
    MYID,
    "warn",
    "Non-optimal configuration, consider an odd number of servers.",
  ],
  [
    `${STANDALONE}peerType=observer\n`,
    {},
    "warn",
    "Peer type from servers list (PARTICIPANT) doesn't match peerType (OBSERVER). Defaulting to servers list.",
  ],
  [`${STANDALONE}fooBar=1\n`, {}, "info", "fooBar is not an option of this server; it has no effect"],
  [`${STANDALONE}tickTme=1\n`, {}, "warn", "tickTme is not an option of this server; did you mean tickTime?"],
  [
    `${STANDALONE}snapcount=5\n`,
    {},
    "warn",
    "snapcount is not an option of this server; did you mean snapCount?",
  ],
  [
    `${STANDALONE}zookeeper.snapCount=5\n`,
    {},
    "warn",
    "zookeeper.snapCount is not an option of this server; did you mean snapCount?",
  ],
  [
    `${STANDALONE}authProvider.1=com.example.Mine\n`,
    {},
    "warn",
    "authProvider.1=com.example.Mine: there is no such provider here, the scheme is not available",
  ],
  [
    `${STANDALONE}client.portUnification=true\n`,
    {},
    "warn",
    "client.portUnification has no effect: TLS is not part of this release yet",
  ],
  [
    `${ENSEMBLE}tickTime=2000\ntickTime=3000\n`,
    {},
    "warn",
    "tickTime stands twice, with different values: line 6 counts, line 5 does not",
  ],
];

describe("configurations that are taken with a word", () => {
  test.each(TOLD)("%j", (lines, files, level, told) => {
    const notices = resolve(lines, files).notices.map((notice) => [notice.level, notice.message]);
    expect(notices).toEqual([[level, told]]);
  });

  test("the sample needs none", () => {
    expect(
      resolve(`${ENSEMBLE}tickTime=2000\nserverCnxnFactory=x\nnio.numWorkerThreads=4\n`).notices,
    ).toEqual([]);
  });

  test("JVM flags are named together", () => {
    const config = resolve(STANDALONE, {}, [
      "-Xmx1g",
      "-Dzookeeper.snapCount=9",
      "-Djava.net.preferIPv4Stack=true",
      "-server",
    ]);
    expect(config.notices).toEqual([
      {
        level: "info",
        key: undefined,
        message:
          "these JVM flags mean nothing to this server and are ignored: -Xmx1g -server -Djava.net.preferIPv4Stack",
      },
    ]);
  });
});

describe("the ensemble's lines", () => {
  test("make a member of this process", () => {
    const { ensemble, files } = resolve(`${ENSEMBLE}${THREE}`, { "/data/myid": "2" });
    expect(ensemble.isDistributed).toBe(true);
    expect(files.serverId).toBe(2);
    expect(ensemble.membership).toEqual({
      version: 0,
      hierarchy: null,
      servers: [1, 2, 3].map((id) => ({
        id,
        addresses: [{ host: "abc"[id - 1], quorumPort: 2888, electionPort: 3888 }],
        peerType: "participant",
        client: null,
        secureClient: null,
      })),
    });
    expect(ensemble.connectLimitTicks).toBe(10);
    expect(ensemble.electionReadTimeoutMs).toBe(15_000);
    expect(ensemble.waitForEpochMaxMs).toBe(30_000);
  });

  test("one of them leaves the server standalone, unless that is forbidden", () => {
    expect(resolve(`${ENSEMBLE}server.1=a:1:2\n`, MYID).ensemble.isDistributed).toBe(false);
    expect(resolve(`${ENSEMBLE}server.1=a:1:2\nstandaloneEnabled=false\n`, MYID).ensemble.isDistributed).toBe(
      true,
    );
  });

  test("give the own client port", () => {
    const lines =
      "dataDir=/data\ninitLimit=1\nsyncLimit=1\nserver.1=a:1:2;10.0.0.9:2190;[::1]:2290\nserver.2=b:1:2;2181\n";
    const first = resolve(lines, MYID).clients;
    expect([first.port, first.address, first.securePort, first.secureAddress]).toEqual([
      2190,
      "10.0.0.9",
      2290,
      "::1",
    ]);
    const second = resolve(lines, { "/data/myid": "2" }).clients;
    expect([second.port, second.address, second.securePort]).toEqual([2181, null, null]);
  });

  test("know roles, groups and weights", () => {
    const lines = `${ENSEMBLE}${THREE}server.9=z:1:2:OBSERVER\ngroup.2=3\ngroup.1=1:2\nweight.3=0\n`;
    const { membership, peerType } = resolve(lines, { "/data/myid": "9" }).ensemble;
    expect(peerType).toBe("observer");
    expect(membership?.hierarchy).toEqual({
      groups: [
        { id: 1, members: [1, 2] },
        { id: 2, members: [3] },
      ],
      weights: [{ id: 3, weight: 0 }],
    });
  });

  test("may list several addresses when the key says so", () => {
    const { membership } = resolve(
      `${STANDALONE}multiAddress.enabled=true\nserver.1=a:1:2|[::1]:3:4;2181\n`,
    ).ensemble;
    expect(membership?.servers[0]?.addresses.map(({ host }) => host)).toEqual(["a", "::1"]);
  });

  test("come from the dynamic file, whose name tells the version", () => {
    const lines = `${ENSEMBLE}dynamicConfigFile=/etc/zk/zoo.cfg.dynamic.10000000A\n`;
    const files = {
      ...MYID,
      "/etc/zk/zoo.cfg.dynamic.10000000A": THREE,
      "/etc/zk/zoo.cfg.dynamic.next": `${THREE}server.4=d:1:2\nversion=10000000b\n`,
    };
    const { membership, lastSeenMembership } = resolve(lines, files).ensemble;
    expect(membership?.version).toBe(0x1_0000_000a);
    expect(lastSeenMembership?.version).toBe(0x1_0000_000b);
    expect(lastSeenMembership?.servers.length).toBe(4);
  });

  test("an oracle replaces groups", () => {
    const lines = `${ENSEMBLE}server.1=a:1:2\nserver.2=b:1:2\nweight.1=1\noraclePath=/oracle\n`;
    expect(resolve(lines, MYID).ensemble.membership?.hierarchy).toBeNull();
  });
});

describe("schemes", () => {
  const schemesOf = (lines: string, flags: readonly string[] = []) =>
    resolve(STANDALONE + lines, {}, flags).auth;

  test("are world, ip and digest", () => {
    expect(schemesOf("").schemes).toEqual(["world", "ip", "digest"]);
    expect(schemesOf("DigestAuthenticationProvider.enabled=false\n").schemes).toEqual(["world", "ip"]);
  });

  test("more come by the class names of Apache's providers, from file and flags", () => {
    const sasl = "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n";
    const x509 = "-Dzookeeper.authProvider.x=org.apache.zookeeper.server.auth.X509AuthenticationProvider";
    expect(schemesOf(sasl, [x509]).schemes).toEqual(["world", "ip", "digest", "x509", "sasl"]);
  });

  test("x509 comes with a secure port", () => {
    expect(schemesOf("secureClientPort=2281\n").schemes).toContain("x509");
  });

  test("can be required", () => {
    expect(schemesOf("").requiredSchemes).toEqual([]);
    expect(schemesOf("enforce.auth.enabled=true\nenforce.auth.schemes=digest, ip\n").requiredSchemes).toEqual(
      ["digest", "ip"],
    );
    expect(schemesOf("enforce.auth.schemes=digest\n").requiredSchemes).toEqual([]);
  });

  test("SASL super users add up", () => {
    expect(schemesOf("superUser=a\nsuperUser.2=b\nsuperUser.x=c\n").saslSuperUsers).toEqual(["a", "b", "c"]);
  });
});

test("system properties are shown as Apache has them, secrets hidden", () => {
  const lines = `${STANDALONE}snapCount=5\nserver.1=a:1:2\nmetricsProvider.httpPort=7000\nssl.keyStore.password=pw\nDigestAuthenticationProvider.superDigest=super:x\nssl.keyStore.passwordPath=/p\n`;
  const { systemProperties } = resolve(lines, {}, [
    "-Dzookeeper.snapCount=9",
    "-Djute.maxbuffer=100",
    "-Dx=y",
  ]);
  expect(systemProperties).toEqual({
    "jute.maxbuffer": "100",
    x: "y",
    "zookeeper.DigestAuthenticationProvider.superDigest": "***",
    "zookeeper.server.1": "a:1:2",
    "zookeeper.snapCount": "5",
    "zookeeper.ssl.keyStore.password": "***",
    "zookeeper.ssl.keyStore.passwordPath": "/p",
  });
});

test.each(
  allOptions()
    .filter(({ type, isNamed }) => type.isSecret && !isNamed)
    .map(({ key }) => key),
)("%s is never shown", (key) => {
  const { systemProperties } = resolve(`${STANDALONE}${key}=hush\n`, {}, [`-Dzookeeper.${key}=hush`]);
  expect(systemProperties).toEqual({ [`zookeeper.${key}`]: "***" });
});

test("values that depend on others", () => {
  const { sessions, storage, requests, log, files } = resolve(
    "dataDir=/data/../data\ntickTime=100\nflushDelay=10\nclientPort=1\nlog.threshold=WARN\nconsole.threshold=DEBUG\n",
    {},
    ["-Djute.maxbuffer=2000000"],
  );
  expect([sessions.timeoutMinMs, sessions.timeoutMaxMs]).toEqual([200, 2000]);
  expect(storage.writeQueuePollTimeMaxMs).toBe(3);
  expect(requests.juteExtraBytes).toBe(2_000_000);
  expect(log.level).toBe("debug");
  expect([files.dataDir, files.dataLogDir]).toEqual(["/data", "/data"]);
});
