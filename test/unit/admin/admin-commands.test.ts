import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAdminApp } from "../../../src/admin/http/admin-app.ts";
import { ADMIN_COMMANDS, COMMAND_NAMES } from "../../../src/admin/http/command-table.ts";
import { Int64 } from "../../../src/protocol/int64.ts";
import {
  CONNECTION_A,
  CONNECTION_ASKING,
  FakeAdminView,
  FakeLog,
  nextTurn,
  quorumView,
  VERSION,
} from "./fake-admin-view.ts";

/** Each command against the reference's samples (operations.md 2.3), through real routes but without a socket. */

let view: FakeAdminView;
let log: FakeLog;
let app: Awaited<ReturnType<typeof createAdminApp>>;

beforeEach(async () => {
  view = new FakeAdminView();
  log = new FakeLog();
  app = await createAdminApp({
    view,
    log,
    commandUrl: "/commands",
    idleTimeoutMs: 30_000,
    trustsForwardedFor: false,
    nextTurn,
  });
});

afterEach(async () => {
  await app.close();
});

async function get(command: string): Promise<string> {
  const response = await app.inject({ method: "GET", url: `/commands/${command}` });
  expect(response.statusCode).toBe(200);
  expect(response.headers["content-type"]).toBe("application/json");
  return response.body;
}

const SERVER_STATS = `"version" : "${VERSION}",
  "read_only" : false,
  "server_stats" : {
    "packets_sent" : 17,
    "packets_received" : 18,
    "fsync_threshold_exceed_count" : 0,
    "client_response_stats" : {
      "last_buffer_size" : 25,
      "min_buffer_size" : 16,
      "max_buffer_size" : 84
    },
    "provider_null" : false,
    "server_state" : "standalone",
    "outstanding_requests" : 0,
    "min_latency" : 0,
    "avg_latency" : 2.25,
    "max_latency" : 12,
    "data_dir_size" : 67109337,
    "log_dir_size" : 67109338,
    "last_processed_zxid" : 5,
    "num_alive_client_connections" : 3,
    "uptime" : 50223,
    "auth_failed_count" : 0,
    "non_mtlsremote_conn_count" : 0,
    "non_mtlslocal_conn_count" : 0
  },
  "client_response" : {
    "last_buffer_size" : 25,
    "min_buffer_size" : 16,
    "max_buffer_size" : 84
  },`;

/** Body of every GET command of a standalone server, without the closing `command` and `error`. */
const STANDALONE: Record<string, string> = {
  configuration: `"client_port" : 22200,
  "data_dir" : "/data/version-2",
  "data_log_dir" : "/data/version-2",
  "tick_time" : 2000,
  "max_client_cnxns" : 60,
  "min_session_timeout" : 4000,
  "max_session_timeout" : 40000,
  "server_id" : 0,
  "client_port_listen_backlog" : -1,`,
  connection_stat_reset: "",
  connections: `"connections" : [ {
    "remote_socket_address" : "127.0.0.1:47872",
    "interest_ops" : 1,
    "outstanding_requests" : 0,
    "packets_received" : 8,
    "packets_sent" : 8,
    "session_id" : 72057762090319872,
    "last_operation" : "ADDW",
    "established" : 1795245656783,
    "session_timeout" : 30000,
    "last_cxid" : 7,
    "last_zxid" : 4,
    "last_response_time" : 2571339,
    "last_latency" : 1,
    "min_latency" : 0,
    "avg_latency" : 3,
    "max_latency" : 12
  } ],
  "secure_connections" : [ {
    "remote_socket_address" : "127.0.0.1:52208",
    "interest_ops" : 0,
    "outstanding_requests" : 0,
    "packets_received" : 1,
    "packets_sent" : 0,
    "session_id" : 0,
    "last_operation" : "NA",
    "established" : 1795245661397,
    "session_timeout" : 0,
    "last_cxid" : -1,
    "last_zxid" : -1,
    "last_response_time" : 0,
    "last_latency" : 0,
    "min_latency" : 0,
    "avg_latency" : 0,
    "max_latency" : 0
  } ],`,
  dirs: `"datadir_size" : 67109337,
  "logdir_size" : 67109338,`,
  dump: `"expiry_time_to_session_ids" : {
    "2731000" : [ ],
    "2735000" : [ 72057762090319873 ],
    "2751000" : [ 72057762090319872 ]
  },
  "session_id_to_ephemeral_paths" : {
    "72057762090319872" : [ "/app/e1", "/app/e2" ]
  },`,
  environment: `"zookeeper.version" : "${VERSION}",
  "host.name" : "localhost",`,
  get_trace_mask: `"tracemask" : 306,`,
  hash: `"digests" : [ {
    "zxid" : 4294967424,
    "digest" : 7816368693,
    "digest_version" : 2
  }, {
    "zxid" : 4294967552,
    "digest" : -9223372036854775807,
    "digest_version" : 2
  } ],`,
  initial_configuration: `"initial_configuration" : "tickTime=2000\\ndataDir=/data\\n",`,
  is_read_only: `"read_only" : false,`,
  last_snapshot: `"zxid" : "90",
  "timestamp" : 1795255087,`,
  monitor: `"version" : "${VERSION}",
  "server_state" : "standalone",
  "avg_latency" : 2.25,
  "znode_count" : 8,
  "connection_drop_probability" : 0.0,`,
  observer_connection_stat_reset: "",
  observers: `"synced_observers" : 0,
  "observers" : [ ],`,
  ruok: "",
  server_stats: `${SERVER_STATS}
  "node_count" : 8,`,
  stat_reset: "",
  stats: `${SERVER_STATS}
  "node_count" : 8,
  "connections" : [ {
    "remote_socket_address" : "127.0.0.1:47872",
    "interest_ops" : 1,
    "outstanding_requests" : 0,
    "packets_received" : 8,
    "packets_sent" : 8
  } ],
  "secure_connections" : [ {
    "remote_socket_address" : "127.0.0.1:52208",
    "interest_ops" : 0,
    "outstanding_requests" : 0,
    "packets_received" : 1,
    "packets_sent" : 0
  } ],`,
  system_properties: `"zookeeper.a" : "1",
  "zookeeper.b" : "2",`,
  voting_view: `"current_config" : { },`,
  watch_summary: `"num_connections" : 2,
  "num_paths" : 3,
  "num_total_watches" : 4,`,
  watches: `"session_id_to_watched_paths" : {
    "72057762090319873" : [ "/app", "/zzz" ],
    "72057762090319872" : [ "/app/e1", "/app" ]
  },`,
  watches_by_path: `"path_to_session_ids" : {
    "/app/e1" : [ 72057762090319872 ],
    "/app" : [ 72057762090319873, 72057762090319872 ],
    "/zzz" : [ 72057762090319873 ]
  },`,
  zabstate: `"voting" : false,
  "zabstate" : "",`,
};

function body(fields: string, command: string): string {
  return `{\n${fields === "" ? "" : `  ${fields}\n`}  "command" : "${command}",\n  "error" : null\n}`;
}

describe("every GET command of a standalone server", () => {
  it.each(Object.entries(STANDALONE))("%s", async (command, fields) => {
    view.clients = [CONNECTION_A, { ...CONNECTION_ASKING, isSecure: true }];
    expect(await get(command)).toBe(body(fields, command));
  });

  it("is in the list above, or has a test of its own", () => {
    const own = ["leader", "set_trace_mask", "shed_connections"];
    expect(Object.keys(ADMIN_COMMANDS).sort()).toEqual([...Object.keys(STANDALONE), ...own].sort());
  });

  it("answers to its aliases with its primary name", async () => {
    const aliases =
      "conf config crst cons env envi gtmk icfg isro lsnp mntr orst obsr srvr srst stat sysp wchs wchc wchp";
    for (const alias of aliases.split(" ")) {
      expect(JSON.parse(await get(alias)).command, alias).toBe(COMMAND_NAMES.get(alias));
      expect(STANDALONE, alias).toHaveProperty(COMMAND_NAMES.get(alias)!);
    }
  });
});

describe("commands that do something", () => {
  it("reset connections, the server's numbers and the observers' numbers", async () => {
    view.quorumView = quorumView(view.calls);
    for (const command of ["crst", "srst", "orst"]) await get(command);
    expect(view.calls).toEqual([
      "resetConnectionStatistics",
      "resetServerStatistics",
      "resetObserverStatistics",
    ]);
  });

  it("set_trace_mask sets any 64-bit mask", async () => {
    const mask = "-9223372036854775808";
    expect(await get(`stmk?traceMask=${mask}&traceMask=1`)).toBe(
      body(`"tracemask" : ${mask},`, "set_trace_mask"),
    );
    expect(view.mask.equals(new Int64(-0x8000_0000, 0))).toBe(true);
  });

  it.each([
    ["stmk", "setTraceMask requires long traceMask argument"],
    ["stmk?traceMask=", "setTraceMask requires long traceMask argument, got "],
    ["stmk?traceMask=0x10", "setTraceMask requires long traceMask argument, got 0x10"],
    [
      "stmk?traceMask=9223372036854775808",
      "setTraceMask requires long traceMask argument, got 9223372036854775808",
    ],
  ])("%s is refused", async (command, error) => {
    expect(await get(command)).toBe(`{\n  "error" : "${error}",\n  "command" : "set_trace_mask"\n}`);
    expect(view.mask.toNumber()).toBe(306);
  });
});

describe("in a quorum", () => {
  beforeEach(() => {
    view.state = "leader";
    view.quorumView = quorumView([]);
  });

  it("leader", async () => {
    const fields = `"is_leader" : true,\n  "leader_id" : 1,\n  "leader_ip" : "127.0.0.1",`;
    expect(await get("leader")).toBe(body(fields, "leader"));
    view.quorumView = null;
    expect(await get("lead")).toBe(`{\n  "error" : "server is not initialized",\n  "command" : "leader"\n}`);
  });

  it("voting_view", async () => {
    const fields = `"current_config" : {
    "1" : {
      "server_addresses" : [ "127.0.0.1:22241" ],
      "election_addresses" : [ "127.0.0.1:22251" ],
      "client_address" : "127.0.0.1:22231",
      "learner_type" : "participant"
    }
  },`;
    expect(await get("voting_view")).toBe(body(fields, "voting_view"));
  });

  it("observers", async () => {
    const observer = `"remote_socket_address" : "/127.0.0.1:58792",
    "sid" : 4,
    "established" : 1795246447780,
    "queued_packets" : 0,
    "queued_packets_size" : 0,
    "packets_received" : 8,
    "packets_sent" : 9,
    "requests" : 0,
    "last_zxid" : 4294967296`;
    const fields = `"synced_observers" : 1,\n  "observers" : [ {\n    ${observer}\n  } ],`;
    expect(await get("observers")).toBe(body(fields, "observers"));
  });

  it("zabstate", async () => {
    view.statisticsNow = { ...view.statisticsNow, lastProcessedZxid: 0x1_0000_000c as never };
    const state = JSON.parse(await get("zabstate"));
    expect(state).toEqual({
      myid: 0,
      is_leader: true,
      quorum_address: {
        empty: false,
        all_addresses: ["127.0.0.1:22241"],
        all_reachable_addresses: ["127.0.0.1:22241"],
        one: "127.0.0.1:22241",
        reachable_address: "127.0.0.1:22241",
        wildcard_addresses: ["0.0.0.0:22241"],
        all_ports: [22241],
        all_host_strings: ["127.0.0.1"],
        all_reachable_addresses_or_all: ["127.0.0.1:22241"],
        reachable_or_one: "127.0.0.1:22241",
      },
      election_address: {
        empty: false,
        all_addresses: ["127.0.0.1:22251"],
        all_reachable_addresses: [],
        one: "127.0.0.1:22251",
        reachable_address: "",
        wildcard_addresses: ["0.0.0.0:22251"],
        all_ports: [22251],
        all_host_strings: ["127.0.0.1"],
        all_reachable_addresses_or_all: ["127.0.0.1:22251"],
        reachable_or_one: "127.0.0.1:22251",
      },
      client_address: "127.0.0.1:22231",
      voting: true,
      last_zxid: "0x10000000c",
      zab_epoch: 1,
      zab_counter: 12,
      zabstate: "broadcast",
      command: "zabstate",
      error: null,
    });
  });

  it("server_stats has the proposal sizes before the node count", async () => {
    expect(await get("server_stats")).toContain(`  "proposal_stats" : {
    "last_buffer_size" : 89,
    "min_buffer_size" : 36,
    "max_buffer_size" : 378
  },
  "node_count" : 8,`);
  });

  it("monitor has the peer state behind the server state", async () => {
    expect(Object.keys(JSON.parse(await get("monitor"))).slice(0, 4)).toEqual([
      "version",
      "server_state",
      "peer_state",
      "avg_latency",
    ]);
  });

  it("dump on a follower knows no expiry times, and merges local with global sessions elsewhere", async () => {
    view.localSessions = true;
    expect(JSON.parse(await get("dump")).expiry_time_to_session_ids["2731000"]).toEqual([0x77]);
    view.isLearner = true;
    expect(JSON.parse(await get("dump")).expiry_time_to_session_ids).toEqual({});
  });
});

describe("a server that does not serve", () => {
  it.each(Object.entries(ADMIN_COMMANDS).filter(([, command]) => command.method === "GET"))(
    "%s",
    async (name, command) => {
      view.serving = false;
      const reply = await get(name);
      if (command.needsServer) {
        const text = "This ZooKeeper instance is not currently serving requests";
        expect(reply).toBe(`{\n  "command" : "${name}",\n  "error" : "${text}"\n}`);
        expect(view.calls).toEqual([]);
      } else {
        expect(reply).not.toContain("not currently serving");
      }
    },
  );

  it("those that work all the same", () => {
    const without = Object.keys(ADMIN_COMMANDS).filter((name) => !ADMIN_COMMANDS[name]!.needsServer);
    expect(without).toEqual([
      "environment",
      "get_trace_mask",
      "monitor",
      "set_trace_mask",
      "system_properties",
      "zabstate",
    ]);
  });
});

describe("shed_connections", () => {
  const post = (payload: string | undefined, authorization?: string) =>
    app.inject({
      method: "POST",
      url: "/commands/shed_connections",
      ...(payload === undefined ? {} : { payload }),
      headers: { "content-type": "application/json", ...(authorization ? { authorization } : {}) },
    });

  it("closes the share that was asked for", async () => {
    const response = await post('{"percentage":50}', "digest admin:secret");
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe(
      body(`"connections_shed" : 2,\n  "percentage_requested" : 50,`, "shed_connections"),
    );
    expect(view.calls).toEqual(["authorize 31 /", "shed 50"]);
    expect(view.caller).toEqual({ scheme: "digest", credential: "admin:secret", remoteHost: "127.0.0.1" });
  });

  it.each([
    [undefined, "Request body is required"],
    ["{}", "Missing required field: percentage"],
    ["3", "Missing required field: percentage"],
    ['{"percentage":101}', "Percentage must be between 0 and 100"],
    ['{"percentage":-1}', "Percentage must be between 0 and 100"],
    ['{"percentage":"5"}', "Percentage must be between 0 and 100"],
  ])("refuses %j", async (payload, error) => {
    const response = await post(payload, "ip");
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ error, command: "shed_connections" });
    expect(view.calls).toEqual(["authorize 31 /"]);
  });

  it("refuses what is not JSON", async () => {
    const response = await post("{", "ip");
    expect(response.statusCode).toBe(400);
    expect(response.json().error).toMatch(/^Invalid JSON or failed to read request body: /);
  });

  it.each([
    ["unauthenticated", "digest a:b", 401, "Not authenticated"],
    ["unauthorized", "digest a:b", 403, "Not authorized"],
    ["authorized", undefined, 401, "Auth info is missing for the command"],
    ["authorized", "digest a b", 401, "Not authenticated"],
  ] as const)("answers a caller who is %s with %s", async (result, header, status, error) => {
    view.authorization = result;
    const response = await post('{"percentage":50}', header);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toEqual({ command: "shed_connections", error });
    expect(view.calls).not.toContain("shed 50");
  });
});
