import {
  acl,
  auth,
  check,
  closeSession,
  create,
  multi,
  OPEN,
  remove,
  request,
  setAcl,
  setData,
} from "../support/requests.ts";
import { type SessionKey, WireSession } from "../support/wire-session.ts";

const LONG_SESSION_MS = 600_000;

async function everyKindOfNode(s: WireSession, home: string): Promise<void> {
  await s.must(create(home, { data: null }));
  await s.must(create(`${home}/plain`, { data: "plain" }));
  await s.must(create(`${home}/two`, { op: 15, data: Buffer.from([0, 255, 1]) }));
  await s.must(create(`${home}/empty`, { data: "" }));
  await s.must(create(`${home}/čšž`, { data: "žluťoučký" }));
  await s.must(create(`${home}/container`, { op: 19, flags: 4 }));
  await s.must(create(`${home}/container/child`));
  await s.must(create(`${home}/ttl`, { op: 21, flags: 5, ttl: 90_000_000n }));
  await s.must(create(`${home}/ttl-`, { op: 21, flags: 6, ttl: 90_000_000n }));
  for (let i = 0; i < 3; i++) await s.must(create(`${home}/seq-`, { flags: 2 }));
  await s.must(create(`${home}/large`, { data: Buffer.alloc(100_000, 0x5a) }));
}

async function changesAndErrors(s: WireSession, home: string): Promise<void> {
  await s.must(setData(`${home}/plain`, "changed", 0));
  await s.must(setData("/", home));
  await s.must(setData(`${home}/two`, null));
  await s.must(auth("digest", "ann:pw"));
  await s.must(create(`${home}/mine`, { acl: [acl(31, "auth", ""), acl(1, "world", "anyone")] }));
  await s.must(setAcl(`${home}/empty`, [acl(31, "ip", "127.0.0.0/8"), acl(1, "world", "anyone")], 0));
  await s.must(setAcl(`${home}/plain`, OPEN));
  await s.must(remove(`${home}/seq-0000000009`));
  const refused = [
    create(home),
    create("/none/x"),
    setData(`${home}/plain`, "x", 9),
    remove(home),
    remove(`${home}/none`),
    create(`${home}/bad`, { acl: [] }),
    request(16, "reconfig", Buffer.alloc(20, 0xff)),
    request(1, "cut short", Buffer.from([0, 0])),
  ];
  for (const reply of await s.askAll(refused)) {
    if (reply.err === 0) throw new Error("a request that must be refused passed");
  }
}

async function multis(s: WireSession, home: string): Promise<void> {
  await s.must(
    multi(
      create(`${home}/multi`),
      create(`${home}/multi/a-`, { flags: 2 }),
      create(`${home}/multi/c`, { op: 19, flags: 4 }),
      create(`${home}/multi/t`, { op: 21, flags: 5, ttl: 80_000_000n }),
      setData(`${home}/multi`, "one"),
      setData(`${home}/multi`, "two"),
      check(`${home}/multi`, 2),
      create(`${home}/multi/gone`),
      remove(`${home}/multi/gone`),
      create(`${home}/multi/c/child`),
    ),
  );
  await s.must(multi(create(`${home}/rolled-back`), check(home, 77)));
  await s.must(multi());
}

async function quotas(s: WireSession, home: string): Promise<void> {
  const quota = `/zookeeper/quota${home}`;
  await s.must(create(quota, { data: null }));
  await s.must(
    create(`${quota}/zookeeper_limits`, { data: "count=5000,bytes=-1=;byteHardLimit=-1;countHardLimit=-1" }),
  );
  await s.must(create(`${quota}/zookeeper_stats`, { data: "count=0,bytes=0" }));
  await s.must(create(`${home}/counted`, { data: "12345" }));
}

/** Enough pipelined writes that a low snapCount takes snapshots while the tree changes. */
async function manyWrites(s: WireSession, home: string): Promise<void> {
  await s.must(create(`${home}/many`));
  const requests = Array.from({ length: 150 }, (_, i) => [
    create(`${home}/many/n${i}`, { data: `value ${i}` }),
    setData(`${home}/many/n${i}`, `changed ${i}`),
    i % 3 === 0
      ? remove(`${home}/many/n${i}`)
      : setAcl(`${home}/many/n${i}`, [acl(31, "world", "anyone"), acl(1, "ip", `10.0.${i % 7}.1`)]),
  ]).flat();
  for (const reply of await s.askAll(requests)) {
    if (reply.err !== 0) throw new Error(`a pipelined write failed: ${reply.err}`);
  }
}

/** A session with ephemerals that ends, and one that stays open over the restart. */
async function sessions(port: number, home: string): Promise<SessionKey> {
  const short = await WireSession.open(port);
  await short.must(create(`${home}/short`, { flags: 1 }));
  await short.must(create(`${home}/short-`, { flags: 3 }));
  await short.ask(closeSession);
  short.drop();
  const long = await WireSession.open(port, LONG_SESSION_MS);
  await long.must(create(`${home}/alive`, { flags: 1, data: "alive" }));
  await long.must(create(`${home}/alive-`, { flags: 3 }));
  long.drop();
  return long.key;
}

/** Writes every kind of transaction below a fresh `home`; returns the session that was left open. */
export async function writeEverything(port: number, home: string): Promise<SessionKey> {
  const s = await WireSession.open(port);
  await everyKindOfNode(s, home);
  await changesAndErrors(s, home);
  await multis(s, home);
  await quotas(s, home);
  await manyWrites(s, home);
  const key = await sessions(port, home);
  await s.ask(closeSession);
  s.drop();
  return key;
}

/** What a later server does with what an earlier one left: changes, deletes, and ends the session that was open. */
export async function changeEarlier(port: number, home: string, key: SessionKey): Promise<void> {
  const heir = await WireSession.open(port, LONG_SESSION_MS, key);
  await heir.must(setData(`${home}/alive`, "seen by the next server"));
  await heir.ask(closeSession);
  heir.drop();
  const s = await WireSession.open(port);
  await s.must(setData(`${home}/plain`, "by the next server", 1));
  await s.must(remove(`${home}/container/child`));
  await s.must(create(`${home}/container/heir`));
  const reply = await s.must(create(`${home}/seq-`, { flags: 2 }));
  await s.must(setData(`${home}/large`, reply.string() ?? ""));
  await s.must(auth("digest", "ann:pw"));
  await s.must(setAcl(`${home}/mine`, OPEN, 0));
  await s.ask(closeSession);
  s.drop();
}
