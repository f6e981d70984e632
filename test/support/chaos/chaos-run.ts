import { SERVER_OPTIONS_DEFAULT } from "../../../src/core/pipeline/server-options.ts";
import { decodeConnectResponse } from "../../../src/protocol/handshake.ts";
import { Int64 } from "../../../src/protocol/int64.ts";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";
import { ExistsRequest, ReconfigRequest, ReplyHeader } from "../../../src/protocol/records/proto.ts";
import type { SessionId } from "../../../src/protocol/session-id.ts";
import { epochOf, type Zxid } from "../../../src/protocol/zxid.ts";
import { zk } from "../core-client.ts";
import { type Client, connectPayload } from "../core-harness.ts";
import { membershipOf } from "../peers/ensemble-defaults.ts";
import { ChaosCluster, type ChaosOptions } from "./chaos-cluster.ts";

interface Pending {
  readonly xid: number;
  readonly kind: "write" | "ephemeral" | "read" | "reconfig";
  readonly path: string;
}

const EPHEMERAL = 1;
const ERR_SESSIONEXPIRED = -112;

/** A client that goes from server to server with its session, if it can. */
class ChaosClient {
  client: Client | undefined;
  sid = 0;
  session: SessionId = Int64.ZERO;
  password: Uint8Array = new Uint8Array(16);
  isConnected = false;
  pending: Pending[] = [];
  lastZxid = 0;
  xid = 0;
}

class ChaosRun {
  readonly cluster: ChaosCluster;
  readonly voters: number[];
  readonly clients: ChaosClient[] = [];
  /** Paths that a client was told are there, with the zxid of the reply. */
  readonly acked = new Map<string, Zxid>();
  #paths = 0;
  readonly counts = {
    acked: 0,
    kills: 0,
    elections: 0,
    reads: 0,
    expired: 0,
    sessions: 0,
    moved: 0,
    reconfigs: 0,
  };

  constructor(seed: number, voters: number, observers: number, options: ChaosOptions) {
    this.cluster = new ChaosCluster(membershipOf(voters, observers), seed, options);
    this.hasReconfigs = options.server?.reconfigEnabled === true;
    this.voters = Array.from({ length: voters }, (_, at) => at + 1);
    for (const sid of this.cluster.nodes.keys()) this.cluster.start(sid);
    for (let at = 0; at < 3; at++) this.clients.push(new ChaosClient());
    this.cluster.afterStep = (sid) => this.#leaderHasAll(sid);
  }

  readonly hasReconfigs: boolean;
  readonly #knownLeaders = new Set<string>();

  /** S8, S9: who begins to lead has all that clients of earlier epochs were told is written. A late one leads nobody of the later epochs. */
  #leaderHasAll(sid: number): void {
    const peer = this.cluster.peer(sid);
    if (peer?.state !== "leading" || !peer.isServing) return;
    const key = `${sid}/${peer.currentEpoch}`;
    if (this.#knownLeaders.has(key)) return;
    this.#knownLeaders.add(key);
    this.counts.elections++;
    this.#hasAll(sid, peer.currentEpoch);
  }

  #hasAll(sid: number, epoch = Number.POSITIVE_INFINITY): void {
    const { tree } = this.cluster.peer(sid)!.database;
    for (const [path, zxid] of this.acked)
      if (epochOf(zxid) < epoch && tree.lookup(path) < 0)
        throw new Error(`server ${sid} lacks ${path}, acknowledged at ${zxid.toString(16)}`);
  }

  /** Whoever of any quorum would win an election now has what is on the disks of a quorum. */
  #survivesAnyCrash(zxid: Zxid): void {
    const stores = this.voters.map((sid) => this.cluster.nodes.get(sid)!.store);
    const last = stores.map(({ log, snapshots }) => Math.max(log.at(-1)?.zxid ?? 0, snapshots.at(-1)!.zxid));
    for (const raised of [false, true]) {
      const current = stores.map((store, at) =>
        raised ? Math.max(store.current, epochOf(last[at]! as Zxid)) : store.current,
      );
      for (let mask = 0; mask < 1 << stores.length; mask++) {
        const some = stores.map((_, at) => at).filter((at) => mask & (1 << at));
        if (some.length * 2 <= stores.length) continue;
        const best = some.reduce((a, b) => ((current[a]! - current[b]! || last[a]! - last[b]!) >= 0 ? a : b));
        const { log, snapshots } = stores[best]!;
        if (snapshots.at(-1)!.zxid < zxid && !log.some((entry) => entry.zxid === zxid))
          throw new Error(
            `${zxid.toString(16)} was acknowledged, but of ${some.map((at) => at + 1)} server ${best + 1} wins, which lacks it (raised ${raised}: ${current}; ${last.map((z) => z.toString(16))})`,
          );
      }
    }
  }

  get rng() {
    return this.cluster.rng;
  }

  act(client: ChaosClient): void {
    if (client.client === undefined || client.client.isClosed) {
      this.connect(client);
      return;
    }
    if (!client.isConnected) return;
    const roll = this.rng.below(20);
    if (roll === 0) {
      this.cluster.drop(client.client);
      this.#lost(client);
      return;
    }
    if (roll === 1) {
      // A move with requests in flight: the old connection hangs.
      this.connect(client);
      return;
    }
    const xid = ++client.xid;
    if ((roll === 2 || roll === 3) && this.hasReconfigs) {
      client.pending.push({ xid, kind: "reconfig", path: "" });
      client.client.request(OpCode.reconfig, this.#reconfig(), xid);
      return;
    }
    if (roll < 6 && this.acked.size > 0) {
      const path = this.cluster.pick([...this.acked.keys()].filter((_, at, all) => at >= all.length - 5));
      client.pending.push({ xid, kind: "read", path });
      client.client.request(OpCode.exists, ExistsRequest.encode({ path, watch: false }), xid);
      return;
    }
    const isEphemeral = roll === 7;
    const path = `/${isEphemeral ? "e" : "n"}${++this.#paths}`;
    client.pending.push({ xid, kind: isEphemeral ? "ephemeral" : "write", path });
    client.client.request(OpCode.create, zk.createBody(path, { flags: isEphemeral ? EPHEMERAL : 0 }), xid);
  }

  /** A server leaves, or joins, as a voter or as an observer. */
  #reconfig(): Uint8Array {
    const sid = this.cluster.pick([...this.cluster.nodes.keys()]);
    const role = this.rng.below(3) === 0 ? "observer" : "participant";
    const isLeaving = this.rng.below(3) === 0;
    return ReconfigRequest.encode({
      joiningServers: isLeaving ? null : `server.${sid}=s${sid}:2888:3888:${role};2181`,
      leavingServers: isLeaving ? String(sid) : null,
      newMembers: null,
      curConfigId: -1,
    });
  }

  connect(client: ChaosClient): void {
    const serving = this.cluster.running.filter(({ process }) => process!.peer.isServing);
    if (serving.length === 0) return;
    client.sid = this.cluster.pick(serving).sid;
    this.#lost(client);
    client.client = this.cluster.open(client.sid);
    client.isConnected = false;
    client.client?.send(
      connectPayload({
        timeoutMs: 8000,
        session: client.session,
        password: client.password,
        lastZxidSeen: client.lastZxid,
      }),
    );
  }

  #lost(client: ChaosClient): void {
    client.client = undefined;
    client.isConnected = false;
    client.pending = [];
  }

  /** What came to the clients. */
  collect(): void {
    for (const client of this.clients) {
      const { client: line } = client;
      if (line === undefined) continue;
      for (let frame = line.frames.shift(); frame !== undefined; frame = line.frames.shift()) {
        if (client.isConnected) this.#reply(client, frame);
        else {
          const { record } = decodeConnectResponse(frame);
          if (record.sessionId.isZero()) {
            if (!client.session.isZero()) this.counts.expired++;
            client.session = Int64.ZERO;
            client.password = new Uint8Array(16);
          } else {
            if (client.session.isZero()) this.counts.sessions++;
            else this.counts.moved++;
            client.isConnected = true;
            client.session = record.sessionId;
            client.password = record.passwd!;
          }
        }
      }
      if (line.isClosed) this.#lost(client);
    }
  }

  #reply(client: ChaosClient, frame: Uint8Array): void {
    const { xid, zxid, err } = ReplyHeader.read(new JuteReader(frame));
    const pending = client.pending.shift();
    if (pending?.xid !== xid) throw new Error(`reply ${xid} where ${pending?.xid} is due`);
    if (zxid < client.lastZxid)
      throw new Error(`a client has seen ${client.lastZxid.toString(16)} and now ${zxid.toString(16)}`);
    client.lastZxid = zxid;
    if (pending.kind === "read") {
      this.counts.reads++;
      const known = this.acked.get(pending.path);
      if (err !== 0 && known !== undefined && known <= zxid)
        throw new Error(`${pending.path} of ${known.toString(16)} is not there at ${zxid.toString(16)}`);
      return;
    }
    if (pending.kind === "reconfig") {
      if (err === 0) this.counts.reconfigs++;
      return;
    }
    if (err === ERR_SESSIONEXPIRED) return;
    if (err !== 0) throw new Error(`create of ${pending.path}: ${err}`);
    if (!this.hasReconfigs) this.#survivesAnyCrash(zxid as Zxid);
    if (pending.kind === "ephemeral") return;
    this.counts.acked++;
    this.acked.set(pending.path, zxid as Zxid);
  }

  /** Everything is whole again: all must come together. */
  finish(): void {
    const { cluster } = this;
    cluster.heal();
    for (const { sid, process } of cluster.nodes.values()) if (process === undefined) cluster.start(sid);
    const isDone = (): boolean => {
      const peers = [...cluster.nodes.values()].map(({ process }) => process!.peer);
      const zxids = new Set(peers.map(({ database }) => database.lastProcessedZxid));
      return peers.every((peer) => peer.isServing) && zxids.size === 1;
    };
    const endMs = cluster.now.elapsedMs + 180_000;
    while (!isDone()) {
      if (cluster.now.elapsedMs > endMs) throw new Error("the servers do not come together");
      for (let at = 0; at < 2000 && cluster.happen(); at++) this.collect();
      cluster.tick(100);
      this.collect();
    }
    let sessions: string | undefined;
    for (const [sid, { process, store }] of cluster.nodes) {
      this.#hasAll(sid);
      const { database } = process!.peer;
      const table = [...database.sessions.keys()].sort().join();
      sessions ??= table;
      if (table !== sessions) throw new Error(`server ${sid} has other sessions`);
      if (database.deadSessions().length > 0)
        throw new Error(`server ${sid} has ephemerals of dead sessions`);
      const recovered = cluster.recover(store).database;
      if (
        !recovered.tree.digests.sum.equals(database.tree.digests.sum.toInt64()) &&
        recovered.lastProcessedZxid === database.lastProcessedZxid
      )
        throw new Error(`the disk of server ${sid} does not hold its tree`);
    }
  }
}

const RECONFIGURABLE = { reconfigEnabled: true, auth: { ...SERVER_OPTIONS_DEFAULT.auth, skipACL: true } };

/** One run: its shape, its faults and their order come of the seed. */
export function chaosRun(seed: number, steps = 1500): ChaosRun {
  const shape = seed % 12;
  const voters = shape % 3 === 2 ? 5 : 3;
  const observers = shape >= 6 ? 1 + (shape % 2) : 0;
  const run = new ChaosRun(seed, voters, observers, {
    ...((seed >> 4) % 3 === 0 ? { server: RECONFIGURABLE } : {}),
    commitLogCount: shape % 2 === 0 ? 500 : 6,
    ensemble: {
      ...(shape % 4 < 2 ? { counterMax: 4 + shape } : {}),
      ...(shape >= 9 ? { observerMasterPort: 2889 } : {}),
      ...(shape === 7 ? { observersPersist: false } : {}),
    },
  });
  const { cluster, rng } = run;
  const sids = [...cluster.nodes.keys()];
  try {
    for (let step = 0; step < steps; step++) {
      const roll = rng.below(1000);
      if (roll < 700) {
        if (!cluster.happen()) cluster.tick(50 + rng.below(200));
      } else if (roll < 760) cluster.tick(rng.below(20) === 0 ? 4000 : 60);
      else if (roll < 960)
        for (let some = 1 + rng.below(3); some > 0; some--) run.act(cluster.pick(run.clients));
      else if (roll < 963) {
        const sid = cluster.pick(sids);
        if (cluster.peer(sid) !== undefined) {
          cluster.kill(sid);
          run.counts.kills++;
        }
      } else if (roll < 978) {
        const sid = cluster.pick(sids);
        if (cluster.peer(sid) === undefined) cluster.start(sid);
      } else if (roll < 982) cluster.cut(cluster.pick(sids), cluster.pick(sids));
      else if (roll < 986) cluster.heal();
      else if (roll < 989) cluster.freezeSomeLink();
      else if (roll < 992) cluster.breakSomeLink();
      else if (roll < 995) cluster.nodes.get(cluster.pick(sids))!.isDiskFrozen = true;
      else if (roll < 998) cluster.snapshot(cluster.pick(sids), rng.below(2) === 0);
      else for (const node of cluster.nodes.values()) node.isDiskFrozen = false;
      run.collect();
    }
    run.finish();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${cluster.describe()}`, { cause: error });
  }
  return run;
}
