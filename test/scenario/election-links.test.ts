import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { parseMembershipText } from "../../src/core/quorum/membership-text.ts";
import { ElectionMember } from "../support/election-member.ts";
import { freePort } from "../support/free-port.ts";
import { PLAIN_RULES } from "../support/membership.ts";
import { until } from "../support/until.ts";

const members: ElectionMember[] = [];

afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.close()));
});

async function ensemble(size: number) {
  const ports: number[] = [];
  const lines: string[] = [];
  for (let sid = 1; sid <= size; sid++) {
    ports.push(await freePort());
    lines.push(`server.${sid}=127.0.0.1:${await freePort()}:${ports.at(-1)}`);
  }
  const membership = parseMembershipText(lines.join("\n"), PLAIN_RULES);
  const made = ports.map((_, index) => new ElectionMember(index + 1, membership));
  members.push(...made);
  return { made, ports, membership };
}

/** All elect. Nobody backs a lesser one until time is up for the best, who votes in time however slow this machine is. */
async function elected(made: readonly ElectionMember[]) {
  const [first, best] = [made[0]!, made.at(-1)!];
  const early = [first.elect(), best.elect()] as const;
  await first.hears(best.sid);
  const later = made.slice(1, -1).map((member) => member.elect());
  return Promise.all([early[0], ...later, early[1]]);
}

it("three servers elect one of them over real sockets, a fourth start joins", async () => {
  const { made, membership } = await ensemble(3);
  await Promise.all(made.map((member) => member.listen()));
  const results = await elected(made);
  expect(results.map(({ state, vote }) => `${state} ${vote.leader}`)).toEqual([
    "following 3",
    "following 3",
    "leading 3",
  ]);
  await until("all are linked", () => made.every(({ linkedPeers }) => linkedPeers.length === 2), 20_000);
  expect(made.map(({ linkedPeers }) => [...linkedPeers].sort())).toEqual([
    [2, 3],
    [1, 3],
    [1, 2],
  ]);
  for (const member of made) member.serve(1);
  await made[0]!.close();
  const back = new ElectionMember(1, membership);
  members.push(back);
  await back.listen();
  expect(await back.elect()).toMatchObject({ state: "following", vote: { leader: 3, peerEpoch: 1 } });
  expect(made.flatMap(({ lines }) => lines).filter((line) => !line.startsWith("cannot connect"))).toEqual([]);
});

it("strangers that connect and talk nonsense do not disturb an election", async () => {
  const { made, ports } = await ensemble(3);
  await Promise.all(made.map((member) => member.listen()));
  const nonsense = [
    "GET / HTTP/1.1\r\n\r\n",
    "",
    "\x16\x03\x01\x02\x00",
    "ruok",
    "\xff".repeat(100),
    "\0".repeat(5000),
  ];
  const sockets = nonsense.flatMap((text) =>
    ports.map((port) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(text, "latin1");
      return socket;
    }),
  );
  const results = await elected(made);
  expect(new Set(results.map(({ vote }) => vote.leader))).toEqual(new Set([3]));
  for (const socket of sockets) socket.destroy();
});
