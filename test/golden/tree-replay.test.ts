import { describe, expect, it } from "vitest";
import type { Database } from "../../src/core/tree/database.ts";
import type { Int64 } from "../../src/protocol/int64.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import { decodeTxn } from "../../src/protocol/txn.ts";
import { type Zxid, zxidToHex } from "../../src/protocol/zxid.ts";
import { loadSnapshot, logPayloads } from "../support/replay-vectors.ts";
import { digestFromScratch, newDatabase, sessionsOf, viewOf, writeSnapshot } from "../support/tree.ts";
import { vectorJson, vectorNames } from "../support/vectors.ts";

/**
 * Logs and snapshots of real Apache servers, replayed by our tree: after every record the digest that Apache had, at the end
 * the tree, stats and sessions that an independent parser and the clients saw.
 */

interface Decoded {
  [file: string]: {
    records?: { zxid: string; digest: { treeDigest: string } | null }[];
    sessions?: [string, number][];
    treeDigestRecomputed?: string;
    digest?: { zxid: string; treeDigest: string } | null;
  };
}
type JsonBytes = null | { utf8: string } | { hex: string } | { base64: string };
interface ExpectedZnode {
  data: JsonBytes;
  acl: [number, string, string][];
  stat: Record<string, string | number>;
}
interface Expected {
  sessions?: Record<string, string>;
  tree: Record<string, ExpectedZnode>;
}

const zxidHex = (zxid: Zxid) => `0x${zxidToHex(zxid)}`;
const unsigned = (digest: Int64) => BigInt.asUintN(64, digest.toBigInt()).toString();

function latin1(value: JsonBytes): string | null {
  if (value === null) return null;
  if ("utf8" in value) return Buffer.from(value.utf8, "utf8").toString("latin1");
  return ("hex" in value ? Buffer.from(value.hex, "hex") : Buffer.from(value.base64, "base64")).toString(
    "latin1",
  );
}

/** Our tree in the form of expected.json, with data as latin1 text. */
function seenBy(database: Database): Record<string, unknown> {
  const { tree } = database;
  const out: Record<string, unknown> = {};
  const visit = (path: string) => {
    const n = tree.lookup(path);
    const { data, acl, stat } = viewOf(tree, n);
    out[path] = {
      data,
      acl: acl.map((entry) => [entry.perms, entry.id.scheme, entry.id.id]),
      stat: {
        ...stat,
        czxid: zxidHex(stat.czxid),
        mzxid: zxidHex(stat.mzxid),
        pzxid: zxidHex(stat.pzxid),
        ephemeralOwner: `0x${stat.ephemeralOwner}`,
      },
    };
    for (const name of tree.childNames(n)) visit(path === "/" ? `/${name}` : `${path}/${name}`);
  };
  visit("/");
  return out;
}

function expectedTree(expected: Expected): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(expected.tree).map(([path, znode]) => [path, { ...znode, data: latin1(znode.data) }]),
  );
}

/** The config znode's times are each server's own. */
function withoutConfigTimes(tree: Record<string, unknown>): Record<string, unknown> {
  const config = tree["/zookeeper/config"] as { stat: Record<string, unknown> };
  const { ctime: _ctime, mtime: _mtime, ...stat } = config.stat;
  return { ...tree, "/zookeeper/config": { ...config, stat } };
}

/** Replays and compares the digest of every record that has one; `comparedFrom`: the first zxid that may be compared. */
function replayChecked(database: Database, directory: string, decoded: Decoded, from: Zxid): number {
  const digests = new Map<string, string | undefined>();
  for (const [file, { records }] of Object.entries(decoded)) {
    if (!file.startsWith("log.")) continue;
    for (const record of records ?? []) digests.set(record.zxid, record.digest?.treeDigest);
  }
  let compared = 0;
  for (const payload of logPayloads(directory, from)) {
    database.replay(payload);
    const zxid = zxidHex(database.lastProcessedZxid);
    expect(digests.has(zxid), `zxid ${zxid} is in decoded.json`).toBe(true);
    const digest = digests.get(zxid);
    const isFuzzy = database.tree.digests.fuzzyUntil !== undefined;
    if (digest !== undefined && !isFuzzy) {
      expect(unsigned(database.tree.treeDigest()), `tree digest after ${zxid}`).toBe(digest);
      compared++;
    }
  }
  expect(database.tree.treeDigest()).toEqual(digestFromScratch(database.tree));
  return compared;
}

const STANDALONE = [
  { name: "standalone-basic", snapshot: "snapshot.0", compared: 37 },
  { name: "standalone-restart", snapshot: "snapshot.0", compared: 37 },
  { name: "standalone-restart", snapshot: "snapshot.2b", compared: 0 },
  { name: "standalone-nodigest", snapshot: "snapshot.0", compared: 0 },
] as const;

describe.each(STANDALONE)("$name from $snapshot", ({ name, snapshot, compared }) => {
  const directory = `${name}/version-2`;
  const expected = vectorJson<Expected>(`${name}/expected.json`);
  const decoded = vectorJson<Decoded>(`${name}/decoded.json`);

  function recover(): { database: ReturnType<typeof newDatabase>; compared: number } {
    const database = newDatabase();
    const { zxid } = loadSnapshot(`${directory}/${snapshot}`, database);
    return { database, compared: replayChecked(database, directory, decoded, (zxid + 1) as Zxid) };
  }

  it("has Apache's digest after every record", () => {
    const recovered = recover();
    expect(recovered.compared).toBe(compared);
    expect(recovered.database.mismatches).toEqual([]);
  });

  it("ends in the tree that clients saw", () => {
    expect(seenBy(recover().database)).toEqual(expectedTree(expected));
  });

  it("ends with the sessions that were open", () => {
    const open = Object.values(expected.sessions ?? {}).map((id) => id.slice(2));
    expect(sessionsOf(recover().database).map(([id]) => id)).toEqual(open.sort());
  });

  it("needs no snapshot, starting from the tree every server starts with", () => {
    const database = newDatabase();
    replayChecked(database, directory, decoded, 0 as Zxid);
    expect(seenBy(database)).toEqual(expectedTree(expected));
  });

  it("stays the same when the whole log is replayed over its own end", () => {
    const { database } = recover();
    const once = seenBy(database);
    for (const payload of logPayloads(directory)) database.replay(payload);
    expect(seenBy(database)).toEqual(once);
  });
});

describe("standalone-fuzzy", () => {
  const directory = "standalone-fuzzy/version-2";
  const expected = vectorJson<Expected>("standalone-fuzzy/expected.json");
  const decoded = vectorJson<Decoded>("standalone-fuzzy/decoded.json");

  it.each(["snapshot.22e", "snapshot.4f2"])("%s leads to the tree that clients saw", (snapshot) => {
    const database = newDatabase();
    const { zxid } = loadSnapshot(`${directory}/${snapshot}`, database);
    const compared = replayChecked(database, directory, decoded, (zxid + 1) as Zxid);
    expect(compared).toBeGreaterThan(20);
    expect(database.mismatches).toEqual([]);
    expect(database.reports).toEqual([]);
    expect(seenBy(database)).toEqual(expectedTree(expected));
  });

  it("does not compare before the snapshot's own zxid, and would have failed if it had", () => {
    const database = newDatabase();
    loadSnapshot(`${directory}/snapshot.22e`, database);
    expect(database.tree.digests.fuzzyUntil).toBe(0x236);
    const digests = new Map(
      Object.values(decoded).flatMap(({ records }) =>
        (records ?? []).map((r) => [r.zxid, r.digest?.treeDigest]),
      ),
    );
    const wrong: string[] = [];
    for (const payload of logPayloads(directory, 0x22f as Zxid)) {
      database.replay(payload);
      const zxid = zxidHex(database.lastProcessedZxid);
      const digest = digests.get(zxid);
      if (digest !== undefined && unsigned(database.tree.treeDigest()) !== digest) wrong.push(zxid);
    }
    expect(wrong).toEqual(["0x22f", "0x230", "0x231", "0x232", "0x233", "0x234"]);
    expect(database.mismatches).toEqual([]);
  });

  it("reports a log that ends before the snapshot's own zxid when the next txn comes", () => {
    const database = newDatabase();
    loadSnapshot(`${directory}/snapshot.22e`, database);
    const payloads = logPayloads(directory, 0x237 as Zxid);
    database.replay(payloads[0]!);
    expect(database.reports).toEqual([
      { kind: "snapshotDigestNotReached", snapshotDigestZxid: 0x236, zxid: 0x237 },
    ]);
  });
});

describe.each(["s1", "s2", "s3", "s4"])("ensemble/%s", (server) => {
  const directory = `ensemble/${server}/version-2`;
  const expected = vectorJson<Expected>("ensemble/expected.json");
  const decoded = vectorJson<Decoded>(`ensemble/${server}-decoded.json`);
  const newest = vectorNames(directory)
    .filter((name) => name.startsWith("snapshot."))
    .sort((a, b) => Number.parseInt(b.slice(9), 16) - Number.parseInt(a.slice(9), 16))[0]!;

  it("ends in the tree that clients saw", () => {
    const database = newDatabase();
    const { zxid } = loadSnapshot(`${directory}/${newest}`, database);
    replayChecked(database, directory, decoded, (zxid + 1) as Zxid);
    expect(database.mismatches).toEqual([]);
    expect(withoutConfigTimes(seenBy(database))).toEqual(withoutConfigTimes(expectedTree(expected)));
  });
});

describe.each(["s1", "s4"])("reconfig/%s", (server) => {
  const directory = `reconfig/${server}/version-2`;
  const expected = vectorJson<Expected>("reconfig/expected.json");
  const decoded = vectorJson<Decoded>(`reconfig/${server}-decoded.json`);

  it("ends in the tree that clients saw", () => {
    const database = newDatabase();
    const { zxid } = loadSnapshot(`${directory}/snapshot.0`, database);
    expect(replayChecked(database, directory, decoded, (zxid + 1) as Zxid)).toBeGreaterThan(8);
    expect(database.mismatches).toEqual([]);
    expect(withoutConfigTimes(seenBy(database))).toEqual(withoutConfigTimes(expectedTree(expected)));
  });

  it("applies reconfig txns to the config znode without counting its version", () => {
    const types = logPayloads(directory).map((payload) => decodeTxn(payload).header.type);
    expect(types.filter((type) => type === OpCode.reconfig)).toHaveLength(3);
    const { stat } = (expected.tree["/zookeeper/config"] ?? { stat: {} }) as ExpectedZnode;
    expect(stat.version).toBe(-1);
  });
});

describe("rollover", () => {
  it("has Apache's digest after every record, over the end of an epoch", () => {
    const database = newDatabase();
    loadSnapshot("rollover/version-2/snapshot.0", database);
    const decoded = vectorJson<Decoded>("rollover/decoded.json");
    expect(replayChecked(database, "rollover/version-2", decoded, 1 as Zxid)).toBeGreaterThan(4);
    expect(database.mismatches).toEqual([]);
    expect(zxidHex(database.lastProcessedZxid)).toMatch(/^0x2ffffff/);
  });
});

const SNAPSHOTS = [
  "standalone-basic/version-2/snapshot.0",
  "standalone-restart/version-2/snapshot.2b",
  "standalone-nodigest/version-2/snapshot.0",
  "standalone-fuzzy/version-2/snapshot.4f2",
  "ensemble/s1/version-2/snapshot.100000020",
  "ensemble/s2/version-2/snapshot.100000022",
  "ensemble/s4/version-2/snapshot.100000000",
  "reconfig/s1/version-2/snapshot.100000009",
];

describe("snapshots of Apache", () => {
  it.each(SNAPSHOTS)("%s is written again byte by byte", (path) => {
    const database = newDatabase();
    const { stream } = loadSnapshot(path, database);
    expect(writeSnapshot(database).stream.equals(stream)).toBe(true);
    expect(writeSnapshot(database, 50).stream.equals(stream)).toBe(true);
  });

  it.each(SNAPSHOTS)("%s has the digest that its content has", (path) => {
    const database = newDatabase();
    loadSnapshot(path, database);
    expect(database.mismatches).toEqual([]);
    expect(database.tree.treeDigest()).toEqual(digestFromScratch(database.tree));
  });
});
