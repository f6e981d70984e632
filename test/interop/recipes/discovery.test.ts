import { expect, it } from "vitest";
import { formatInstance, parseInstance, ServiceDiscovery } from "../../../src/recipes/index.ts";
import { appears, BASE, runPeer, startWorld, text } from "./shared-world.ts";

it("service discovery is shared with Curator's x-discovery, both ways", async () => {
  await using world = await startWorld("menagerie");
  const { zk } = world;
  const running = runPeer("discovery", world.address, "discovery", 1);
  const play = async (): Promise<void> => {
    await using discovery = await new ServiceDiscovery(zk, `${BASE}/services`).start();
    const own = { name: "node", id: "n1", address: "h", port: 80, payload: "N" };
    const parts = [
      { value: "http://", variable: false },
      { value: "address", variable: true },
      { value: ":", variable: false },
      { value: "port", variable: true },
    ];
    const registration = await discovery.register({ ...own, uriSpec: { parts } });
    await appears(zk, `${BASE}/seen`);
    await discovery.settled();
    expect(discovery.names()).toEqual(["java", "node"]);
    expect(discovery.instances("java")).toEqual([
      {
        name: "java",
        id: "j1",
        address: "10.0.0.1",
        port: 1234,
        sslPort: 5678,
        payload: "P",
        registrationTimeUTC: 7,
        serviceType: "DYNAMIC",
        uriSpec: {
          parts: [
            { value: "scheme", variable: true },
            { value: "://", variable: false },
            { value: "address", variable: true },
            { value: ":", variable: false },
            { value: "port", variable: true },
          ],
        },
        enabled: true,
      },
    ]);
    // Byte for byte what its serializer writes.
    const written = text((await zk.get(`${BASE}/services/java/j1`)).data);
    expect(formatInstance(parseInstance(written))).toBe(written);
    await registration.update({ port: 81 });
    await appears(zk, `${BASE}/seen-update`);
    await registration.unregister();
    await running;
    await expect.poll(() => discovery.instances("java")).toEqual([]);
  };
  // Whichever side fails first says why; the other one may wait for it in vain.
  await Promise.all([play(), running]);
});
