import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { type Client, connect } from "../../../src/client/index.ts";
import { type FaultProxy, startFaultProxy } from "../../../src/testing/index.ts";
import { accessSuite } from "./suite/access.ts";
import { lostConnectionsSuite } from "./suite/lost-connections.ts";
import { operationsSuite } from "./suite/operations.ts";
import { sessionsSuite } from "./suite/sessions.ts";
import type { SuiteOptions, SuiteServer, SuiteWorld } from "./suite/suite-world.ts";
import { watchesSuite } from "./suite/watches.ts";

/** What a program sees of this client, whatever server is behind it. */
export function clientSuite(name: string, options: SuiteOptions): void {
  describe(name, () => {
    let server: SuiteServer;
    let proxy: FaultProxy;
    const clients: Client[] = [];
    let paths = 0;

    beforeAll(async () => {
      server = await options.start();
      proxy = await startFaultProxy({ target: `127.0.0.1:${server.port}` });
    });
    afterEach(async () => {
      proxy.heal();
      await Promise.all(clients.splice(0).map((zk) => zk.close()));
    });
    afterAll(async () => {
      await proxy?.close();
      if (server !== undefined) await options.dispose(server);
    });

    const world: SuiteWorld = {
      isSince39: options.isSince39,
      get server() {
        return server;
      },
      get proxy() {
        return proxy;
      },
      client: async (extra = {}, chroot = "") => {
        const zk = await connect(`${proxy.connectString}${chroot}`, { sessionTimeoutMs: 6000, ...extra });
        clients.push(zk);
        return zk;
      },
      adopt: (zk) => {
        clients.push(zk);
      },
      fresh: () => `/suite-${paths++}`,
      lose: async (zk) => {
        const suspended = zk.when("suspended");
        proxy.cut();
        await suspended;
        await zk.when("connected");
      },
    };
    operationsSuite(world);
    accessSuite(world);
    watchesSuite(world);
    sessionsSuite(world);
    lostConnectionsSuite(world);
  });
}
