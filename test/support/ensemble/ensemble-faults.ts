import type { Workload } from "../history/history-workload.ts";
import { until } from "../until.ts";
import type { EnsembleProcesses, Member } from "./ensemble.ts";

/** Acknowledged writes that prove that the ensemble serves. */
const SERVICE = 40;

/** Of a session that is left to it: a new leader gives it anew, and the verdict waits for it. */
const LEFT_TIMEOUT_MS = 4_000;

/** Something that happens to an ensemble under load; the ensemble is whole again when it resolves. */
export interface FaultStory {
  readonly name: string;
  readonly run: (ensemble: EnsembleProcesses, workload: Workload) => Promise<void>;
}

async function aFollower(ensemble: EnsembleProcesses): Promise<Member> {
  const leader = await ensemble.leader();
  return ensemble.participants.find((each) => each !== leader)!;
}

/** Resolves when others elected another leader than `before` and acknowledge writes. */
async function failover(ensemble: EnsembleProcesses, workload: Workload, before: Member): Promise<void> {
  await ensemble.leaderOtherThan(before.sid);
  await workload.acknowledged(SERVICE);
}

/** Resolves when the leader has one follower less. */
async function dropped(ensemble: EnsembleProcesses): Promise<void> {
  const leader = await ensemble.leader();
  const left = ensemble.participants.length - 2;
  await until(
    "the leader drops the follower",
    async () => Number(await leader.monitored("zk_synced_followers")) === left,
    20_000,
  );
}

/** Ends every fault; resolves when all serve and writes are acknowledged. */
async function recovered(ensemble: EnsembleProcesses, workload: Workload): Promise<void> {
  await ensemble.heal();
  await workload.acknowledged(SERVICE);
}

/** A fault of the leader: the others go on without it. */
function leaderStory(
  name: string,
  inject: (leader: Member, ensemble: EnsembleProcesses) => Promise<void> | void,
): FaultStory {
  return {
    name,
    run: async (ensemble, workload) => {
      const leader = await ensemble.leader();
      await inject(leader, ensemble);
      await failover(ensemble, workload, leader);
      await recovered(ensemble, workload);
    },
  };
}

/** A fault of a minority without the leader: writes go on at once. */
function followerStory(
  name: string,
  inject: (follower: Member, ensemble: EnsembleProcesses) => Promise<void> | void,
): FaultStory {
  return {
    name,
    run: async (ensemble, workload) => {
      await inject(await aFollower(ensemble), ensemble);
      await workload.acknowledged(SERVICE);
      await recovered(ensemble, workload);
    },
  };
}

const killLeader = leaderStory("the leader is killed", (leader) => leader.kill());
const stopLeader = leaderStory("the leader is stopped", (leader) => leader.stop());
const pauseLeader = leaderStory("the leader stands still", (leader) => leader.pause());
const cutLeader = leaderStory("the leader's links break", ({ sid }, ensemble) => {
  for (const link of ensemble.linksAround(sid)) link.cut();
});
const silenceLeader = leaderStory("the leader's links fall silent", ({ sid }, ensemble) => {
  for (const link of ensemble.linksAround(sid)) link.silence();
});
const muteLeader = leaderStory("nobody hears the leader any more", ({ sid }, ensemble) => {
  for (const link of ensemble.linksAround(sid)) link.silence(sid);
});
export const deafenLeader = leaderStory("the leader hears nobody any more", ({ sid }, ensemble) => {
  for (const link of ensemble.linksAround(sid)) link.silence(link.sids.find((each) => each !== sid));
});

const killFollower = followerStory("a follower is killed", (follower) => follower.kill());
const stopFollower = followerStory("a follower is stopped", (follower) => follower.stop());
const pauseFollower = followerStory("a follower stands still", (follower) => follower.pause());
const pauseFollowerLong = followerStory(
  "a follower stands still until it is dropped",
  async (follower, ensemble) => {
    follower.pause();
    await dropped(ensemble);
  },
);
export const cutFollower = followerStory("a follower's links break", ({ sid }, ensemble) => {
  for (const link of ensemble.linksAround(sid)) link.cut();
});
const muteFollower = followerStory(
  "nobody hears a follower, until it is dropped",
  async ({ sid }, ensemble) => {
    for (const link of ensemble.linksAround(sid)) link.silence(sid);
    await dropped(ensemble);
  },
);
const cutBetweenFollowers: FaultStory = {
  name: "the links between followers break",
  run: async (ensemble, workload) => {
    const leader = await ensemble.leader();
    for (const link of ensemble.links) if (!link.sids.includes(leader.sid)) link.cut();
    await workload.acknowledged(SERVICE);
    await recovered(ensemble, workload);
  },
};

/** The leader and as many others as still make no quorum, on one side of a broken network. */
const cutMinority: FaultStory = {
  name: "a minority with the leader is cut off",
  run: async (ensemble, workload) => {
    const leader = await ensemble.leader();
    const size = Math.ceil(ensemble.participants.length / 2) - 1;
    const others = ensemble.participants.filter((each) => each !== leader).slice(0, size - 1);
    for (const link of ensemble.linksAround(leader.sid, ...others.map(({ sid }) => sid))) link.cut();
    await failover(ensemble, workload, leader);
    await recovered(ensemble, workload);
  },
};

const slowLinks: FaultStory = {
  name: "all links are slow",
  run: async (ensemble, workload) => {
    for (const link of ensemble.links) link.delay(40);
    await workload.acknowledged(SERVICE);
    await recovered(ensemble, workload);
  },
};

const killAll: FaultStory = {
  name: "all servers are killed at once",
  run: async (ensemble, workload) => {
    await ensemble.kill(...ensemble.members.map(({ sid }) => sid));
    await recovered(ensemble, workload);
  },
};

/** One leader after the other, before the last one is back. */
const killLeaders: FaultStory = {
  name: "as many leaders as can be spared are killed one after the other",
  run: async (ensemble, workload) => {
    const spared = Math.ceil(ensemble.participants.length / 2) - 1;
    for (let i = 0; i < spared; i++) {
      const leader = await ensemble.leader();
      await leader.kill();
      await failover(ensemble, workload, leader);
    }
    await recovered(ensemble, workload);
  },
};

/** One session ends, one is left to its timeout, while others go on. */
const sessionsEnd: FaultStory = {
  name: "sessions end",
  run: async (_, workload) => {
    const [left, ended] = [await workload.addSession(LEFT_TIMEOUT_MS), await workload.addSession()];
    await workload.acknowledged(3 * SERVICE);
    await left.abandon();
    await ended.close();
  },
};

/** One of each kind, for runs that have no time for all. */
export const CHIEF_FAULTS: readonly FaultStory[] = [
  sessionsEnd,
  killLeader,
  killFollower,
  pauseLeader,
  pauseFollowerLong,
  cutLeader,
  muteLeader,
  killAll,
];

export const ALL_FAULTS: readonly FaultStory[] = [
  sessionsEnd,
  killLeader,
  killFollower,
  pauseLeader,
  cutLeader,
  stopFollower,
  silenceLeader,
  pauseFollower,
  pauseFollowerLong,
  muteLeader,
  cutFollower,
  deafenLeader,
  stopLeader,
  muteFollower,
  cutBetweenFollowers,
  slowLinks,
  killLeaders,
  cutMinority,
  killAll,
];
