import { expect, it } from "vitest";
import { dialOn, listenOn } from "../../../sim/virtual-client-port.ts";
import { VirtualClock } from "../../../sim/virtual-clock.ts";
import { virtualConfig } from "../../../sim/virtual-config.ts";
import { VirtualDisk } from "../../../sim/virtual-disk.ts";
import { VirtualNetwork } from "../../../sim/virtual-network.ts";
import { VirtualClocks, VirtualProcess } from "../../../sim/virtual-process.ts";
import { createPrng } from "../../../src/base/prng.ts";
import { Client } from "../../../src/client/client.ts";
import { resolveOptions } from "../../../src/client/options.ts";
import { RunningServer } from "../../../src/server/running-server.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };

it("production's server serves production's client, and both survive what happens between them", async () => {
  const world = new VirtualClock();
  const rng = createPrng(3);
  const net = new VirtualNetwork({ clock: world, rng });
  const [at, there] = [1, 1.01].map((rate) => new VirtualProcess(world, new VirtualClocks(world, { rate })));
  const system = { clock: at!, timer: at!, rng, log: SILENT };
  const disk = new VirtualDisk({ rng, delay: () => at!.wait(rng.below(4)) });
  const network = net.attach("s1", at!);
  const config = virtualConfig({ dataDir: "/data", clientPort: "2181", "admin.enableServer": "false" });
  const server = await world.runUntil(
    RunningServer.recover(config, {
      ...system,
      disk,
      network,
      listen: listenOn(network),
      fileDescriptors: () => null,
    }),
  );
  await world.runUntil(server.listen());
  const client = new Client({ servers: [{ host: "s1", port: 2181 }], chroot: "" }, resolveOptions({}), {
    clock: there!,
    timer: there!,
    rng,
    log: SILENT,
    dial: dialOn(net.attach("c1", there!)),
    md5: () => new Uint8Array(16),
  });
  await world.runUntil(client.create("/a", { data: "1" }));
  net.reset("c1", "s1");
  await world.advance(5);
  expect((await world.runUntil(client.get("/a"))).stat.version).toBe(0);
  await world.runUntil(client.set("/a", "2"));
  net.cut("s1", "c1");
  const late = client.get("/a").catch((error) => `${error.name}`);
  await world.advance(25_000);
  expect(await late).toBe("ConnectionError");
  net.heal("s1", "c1");
  expect(new TextDecoder().decode((await world.runUntil(client.get("/a"))).data!)).toBe("2");
  await world.runUntil(client.close());
  await world.runUntil(server.close());
  // What was still under way has arrived.
  await world.advance(100);
  expect(net.machine("s1").connections.size).toBe(0);
});
