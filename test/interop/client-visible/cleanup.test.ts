import {
  create,
  exists,
  getChildren,
  getChildren2,
  getData,
  remove,
  setAcl,
  setData,
} from "../support/requests.ts";
import { scenario } from "../support/scenario.ts";
import { defineDifferentialSuite } from "../support/suite.ts";

/** Containers and TTL nodes go by themselves (client-protocol 4.5); every scenario waits for the event, not for time. */
defineDifferentialSuite(
  "containers and TTL nodes",
  {
    systemProperties: {
      "znode.container.checkIntervalMs": "150",
      "znode.container.maxNeverUsedIntervalMs": "2000",
    },
  },
  [
    scenario("a container goes when its last child is gone", async (t) => {
      const a = await t.connect("a");
      await a.call(create("/t/c", { op: 19, flags: 4 }));
      await a.call(create("/t/c/x"));
      await a.call(exists("/t/c", true));
      await a.call(getChildren("/t", true));
      await a.call(remove("/t/c/x"));
      await a.receive(2, "receives the end of the container");
      await a.call(exists("/t/c"));
      await a.call(getChildren2("/t"));
    }),
    scenario("a container that never had a child goes later", async (t) => {
      const a = await t.connect("a");
      await a.call(create("/t/c", { op: 19, flags: 4 }));
      await a.call(exists("/t/c", true));
      await a.receive(1, "receives the end of the container");
    }),
    scenario("a TTL node goes after its time without a change", async (t) => {
      const a = await t.connect("a");
      await a.call(create("/t/n", { op: 21, flags: 5, ttl: 1000n }));
      await a.call(setAcl("/t/n"));
      await a.call(exists("/t/n", true));
      await a.receive(1, "receives the end of the TTL node");
      await a.call(getChildren2("/t"));
    }),
    scenario("a TTL node with a child stays", async (t) => {
      const a = await t.connect("a");
      await a.call(create("/t/n", { op: 21, flags: 5, ttl: 1000n }));
      await a.call(create("/t/n/x", { flags: 0 }));
      await a.call(create("/t/probe", { op: 21, flags: 5, ttl: 1500n }));
      await a.call(exists("/t/probe", true));
      await a.receive(1, "receives the end of the probe");
      await a.call(getData("/t/n"));
      await a.call(exists("/t/n", true));
      await a.call(remove("/t/n/x"));
      await a.receive(1, "receives the end of the TTL node");
    }),
    scenario("setData renews a TTL node", async (t) => {
      const a = await t.connect("a");
      await a.call(create("/t/n", { op: 21, flags: 5, ttl: 30_000n }));
      await a.call(create("/t/short", { op: 21, flags: 6, ttl: 1000n }));
      await a.call(setData("/t/n"));
      await a.call(exists("/t/short0000000001", true));
      await a.receive(1, "receives the end of the short one");
      await a.call(exists("/t/n"));
    }),
  ],
);
