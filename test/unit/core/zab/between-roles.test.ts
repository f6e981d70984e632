import { expect, test } from "vitest";
import { decodeNotification } from "../../../../src/core/election/notification.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { zk } from "../../../support/core-client.ts";
import { servingCluster, untilServing } from "../../../support/peers/scenes.ts";

test("a leader that has lost its followers names itself to nobody, also while its disk keeps it from looking for another", () => {
  const cluster = servingCluster(3);
  cluster.slowDisks.add(3);
  cluster.connect(3).request(OpCode.create, zk.createBody("/a"));
  cluster.kill(1, 2);
  cluster.until(() => cluster.peer(3).state === "looking");
  cluster.start(1);
  const one = cluster.peer(1);
  const heard: string[] = [];
  const step = one.step.bind(one);
  one.step = (input, now) => {
    if (input.kind === "notification" && input.from === 3)
      heard.push(decodeNotification(input.payload).state);
    step(input, now);
  };
  cluster.advance(5_000);
  expect(heard).toEqual([]);
  cluster.slowDisks.delete(3);
  cluster.persist(3);
  untilServing(cluster, 1, 3);
  expect(heard[0]).toBe("looking");
});
