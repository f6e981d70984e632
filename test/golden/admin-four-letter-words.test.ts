import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFourLetterWord } from "../../src/admin/four-letter-words/run-four-letter-word.ts";
import { whitelistOf } from "../../src/admin/four-letter-words/whitelist.ts";
import { FOUR_LETTER_WORDS } from "../../src/admin/four-letter-words/word-table.ts";
import { Int64 } from "../../src/protocol/int64.ts";
import {
  CONNECTION_A,
  CONNECTION_RESET,
  FakeAdminView,
  nextTurn,
  quorumView,
} from "../unit/admin/fake-admin-view.ts";

/** The texts are those of the reference's samples (operations.md 1.5), which a real Apache server wrote. */

const VERSION_LINE = "Zookeeper version: 3.8.0-abc, built on 2024-12-29 17:54 UTC\n";

async function answer(
  word: string,
  view = new FakeAdminView(),
  argument = new Uint8Array(),
): Promise<string> {
  let text = "";
  const options = { whitelist: whitelistOf(["*"], false), nextTurn };
  await runFourLetterWord(word, argument, view, options, (chunk) => {
    text += chunk;
  });
  return text;
}

let zone: string | undefined;
beforeAll(() => {
  zone = process.env.TZ;
  process.env.TZ = "UTC";
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

describe("words of one line", () => {
  it.each([
    ["ruok", "imok"],
    ["isro", "rw"],
    ["gtmk", "306"],
    ["crst", "Connection stats reset.\n"],
    ["srst", "Server stats reset.\n"],
  ])("%s answers %j", async (word, text) => {
    expect(await answer(word)).toBe(text);
  });

  it("crst and srst do what they say", async () => {
    const view = new FakeAdminView();
    await answer("crst", view);
    await answer("srst", view);
    expect(view.calls).toEqual(["resetConnectionStatistics", "resetServerStatistics"]);
  });

  it("isro tells a read-only server", async () => {
    const view = new FakeAdminView();
    view.state = "read-only";
    expect(await answer("isro", view)).toBe("ro");
  });

  it("stmk sets a signed 64-bit mask and repeats it", async () => {
    const view = new FakeAdminView();
    const minusFive = new Uint8Array([255, 255, 255, 255, 255, 255, 255, 251]);
    expect(await answer("stmk", view, minusFive)).toBe("-5");
    expect(view.mask.equals(Int64.fromNumber(-5))).toBe(true);
    expect(await answer("gtmk", view)).toBe("-5");
  });

  it("stmk without its eight bytes says nothing and changes nothing", async () => {
    const view = new FakeAdminView();
    expect(await answer("stmk", view, new Uint8Array(7))).toBe("");
    expect(view.mask.equals(Int64.fromNumber(306))).toBe(true);
  });
});

describe("conf", () => {
  const standalone = [
    "clientPort=22200\nsecureClientPort=-1\ndataDir=/data/version-2\ndataDirSize=67109337\n",
    "dataLogDir=/data/version-2\ndataLogSize=67109338\ntickTime=2000\nmaxClientCnxns=60\n",
    "minSessionTimeout=4000\nmaxSessionTimeout=40000\nclientPortListenBacklog=-1\nserverId=0\n",
  ].join("");

  it("standalone", async () => {
    expect(await answer("conf")).toBe(standalone);
  });

  it("in a quorum, with the membership and no newline at its end", async () => {
    const view = new FakeAdminView();
    view.quorumView = quorumView([]);
    expect(await answer("conf", view)).toBe(
      `${standalone}initLimit=10\nsyncLimit=5\nelectionAlg=3\nelectionPort=22251\nquorumPort=22241\npeerType=0\n` +
        "membership: \nserver.1=127.0.0.1:22241:22251:participant;127.0.0.1:22231\nversion=100000000",
    );
  });
});

describe("cons", () => {
  it("shows every connection, those without a session in the short form", async () => {
    expect(await answer("cons")).toBe(
      " /127.0.0.1:52200[1](queued=0,recved=4,sent=4,sid=0x100002720b40001,lop=EXIS,est=1795245661397,to=10000," +
        "lcxid=0x2,lzxid=0x5,lresp=2574630,llat=1,minlat=0,avglat=0,maxlat=1)\n" +
        " /127.0.0.1:52208[0](queued=0,recved=1,sent=0)\n" +
        " /127.0.0.1:47872[1](queued=0,recved=8,sent=8,sid=0x100002720b40000,lop=ADDW,est=1795245656783,to=30000," +
        "lcxid=0x7,lzxid=0x4,lresp=2571339,llat=1,minlat=0,avglat=3,maxlat=12)\n\n",
    );
  });

  it("after crst leaves the cxid out and shows an all-ones zxid", async () => {
    const view = new FakeAdminView();
    view.clients = [CONNECTION_RESET];
    expect(await answer("cons", view)).toBe(
      " /127.0.0.1:52200[1](queued=0,recved=0,sent=0,sid=0x100002720b40001,lop=NA,est=1795245661397,to=10000," +
        "lzxid=0xffffffffffffffff,lresp=0,llat=0,minlat=0,avglat=0,maxlat=0)\n\n",
    );
  });

  it("puts brackets around an IPv6 address and shows interest in hex", async () => {
    const view = new FakeAdminView();
    view.clients = [{ ...CONNECTION_A, remoteHost: "0:0:0:0:0:0:0:1", interestOps: 13 }];
    expect(await answer("cons", view)).toContain(" /[0:0:0:0:0:0:0:1]:47872[d](queued=0,");
  });
});

describe("srvr and stat", () => {
  const numbers =
    "Latency min/avg/max: 0/2.25/12\nReceived: 18\nSent: 17\nConnections: 3\nOutstanding: 0\nZxid: 0x5\n";

  it("srvr standalone", async () => {
    expect(await answer("srvr")).toBe(`${VERSION_LINE}${numbers}Mode: standalone\nNode count: 8\n`);
  });

  it("srvr on a leader adds the proposal sizes", async () => {
    const view = new FakeAdminView();
    view.state = "leader";
    view.quorumView = quorumView([]);
    expect(await answer("srvr", view)).toBe(
      `${VERSION_LINE}${numbers}Mode: leader\nNode count: 8\nProposal sizes last/min/max: 89/36/378\n`,
    );
  });

  it("srvr in read-only mode says so", async () => {
    const view = new FakeAdminView();
    view.state = "read-only";
    expect(await answer("srvr", view)).toBe(
      `${VERSION_LINE}READ-ONLY mode; serving only read-only clients\n${numbers}Mode: read-only\nNode count: 8\n`,
    );
  });

  it("stat lists the clients in the short form", async () => {
    expect(await answer("stat")).toBe(
      `${VERSION_LINE}Clients:\n /127.0.0.1:52200[1](queued=0,recved=4,sent=4)\n` +
        " /127.0.0.1:52208[0](queued=0,recved=1,sent=0)\n /127.0.0.1:47872[1](queued=0,recved=8,sent=8)\n\n" +
        `${numbers}Mode: standalone\nNode count: 8\n`,
    );
  });

  it("rounds the mean latency half up to four digits and keeps a fraction", async () => {
    const view = new FakeAdminView();
    view.statisticsNow = { ...view.statisticsNow, avgLatencyMs: 1 / 3 };
    expect(await answer("srvr", view)).toContain("Latency min/avg/max: 0/0.3333/12\n");
    view.statisticsNow = { ...view.statisticsNow, avgLatencyMs: 0 };
    expect(await answer("srvr", view)).toContain("Latency min/avg/max: 0/0.0/12\n");
  });
});

describe("dump", () => {
  const ephemeralsAndConnections =
    "ephemeral nodes dump:\nSessions with Ephemerals (1):\n0x100002720b40000:\n\t/app/e1\n\t/app/e2\n" +
    "Connections dump:\nConnections Sets (2)/(2):\n0 expire at Sat Nov 21 07:21:09 UTC 2026:\n" +
    "2 expire at Sat Nov 21 07:21:19 UTC 2026:\n\tip: /127.0.0.1:52200 sessionId: 0x100002720b40001\n" +
    "\tip: /[0:0:0:0:0:0:0:1]:52222 sessionId: 0x0\n";
  const globalBuckets =
    "Session Sets (3)/(2):\n0 expire at Sat Nov 21 07:21:11 UTC 2026:\n1 expire at Sat Nov 21 07:21:15 UTC 2026:\n" +
    "\t0x100002720b40001\n1 expire at Sat Nov 21 07:21:31 UTC 2026:\n\t0x100002720b40000\n";

  it("standalone", async () => {
    expect(await answer("dump")).toBe(`SessionTracker dump:\n${globalBuckets}${ephemeralsAndConnections}`);
  });

  it("with local sessions", async () => {
    const view = new FakeAdminView();
    view.localSessions = true;
    expect(await answer("dump", view)).toBe(
      "SessionTracker dump:\nLocal Session Sets (1)/(1):\n1 expire at Sat Nov 21 07:21:11 UTC 2026:\n\t0x77\n" +
        `Global ${globalBuckets}${ephemeralsAndConnections}`,
    );
  });

  it("on a follower", async () => {
    const view = new FakeAdminView();
    view.isLearner = true;
    expect(await answer("dump", view)).toBe(
      `SessionTracker dump:\nGlobal Sessions(1):\n0x100002720b40000\t30000ms\n${ephemeralsAndConnections}`,
    );
  });
});

describe("watches, digests, directories, environment, metrics", () => {
  it.each([
    ["wchs", "2 connections watching 3 paths\nTotal watches:4\n"],
    ["wchc", "0x100002720b40001\n\t/app\n\t/zzz\n0x100002720b40000\n\t/app/e1\n\t/app\n\n"],
    [
      "wchp",
      "/app/e1\n\t0x100002720b40000\n/app\n\t0x100002720b40001\n\t0x100002720b40000\n/zzz\n\t0x100002720b40001\n\n",
    ],
    ["hash", "100000080: 7816368693\n100000100: -9223372036854775807\n"],
    ["dirs", "datadir_size: 67109337\nlogdir_size: 67109338\n"],
    [
      "envi",
      "Environment:\nzookeeper.version=3.8.0-abc, built on 2024-12-29 17:54 UTC\nhost.name=localhost\n",
    ],
    [
      "mntr",
      "zk_version\t3.8.0-abc, built on 2024-12-29 17:54 UTC\nzk_server_state\tstandalone\nzk_avg_latency\t2.25\n" +
        "zk_znode_count\t8\nzk_connection_drop_probability\t0.0\n",
    ],
  ])("%s", async (word, text) => {
    expect(await answer(word)).toBe(text);
  });

  it("mntr in a quorum has the peer state behind the server state", async () => {
    const view = new FakeAdminView();
    view.state = "observer";
    view.quorumView = { ...quorumView([]), peerState: "observing - broadcast", observerMasterId: 3 };
    expect(await answer("mntr", view)).toContain(
      "zk_server_state\tobserver\nzk_peer_state\tobserving - broadcast\nzk_observer_master_id\t3\nzk_avg_latency\t2.25\n",
    );
  });
});

describe("a server that does not serve", () => {
  const expected: Record<string, string> = { ruok: "imok", isro: "null", gtmk: "306", stmk: "7" };
  const text = "This ZooKeeper instance is not currently serving requests";

  it.each(Object.keys(FOUR_LETTER_WORDS))("%s", async (word) => {
    const view = new FakeAdminView();
    view.serving = false;
    const got = await answer(word, view, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 7]));
    if (word === "envi") expect(got).toMatch(/^Environment:\nzookeeper.version=/);
    else expect(got).toBe(expected[word] ?? (word === "hash" ? text : `${text}\n`));
    expect(view.calls).toEqual([]);
  });
});
