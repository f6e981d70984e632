import { type Client, ConnectionError, connect, KeeperError, SessionExpiredError } from "menagerie";
import { type Stage, text } from "./stage.ts";

/** An application's configuration: what is in /config, kept up to date by one recursive watch. */
class LiveConfiguration {
  readonly values = new Map<string, string>();
  readonly #waiting = new Set<() => void>();

  static async follow(zk: Client): Promise<LiveConfiguration> {
    const configuration = new LiveConfiguration();
    // First the watch, then the reading: no change can fall in between.
    const watch = await zk.watch("/config", { mode: "persistent-recursive" });
    await configuration.readAll(zk);
    void configuration.keepUp(zk, watch);
    return configuration;
  }

  private async readAll(zk: Client): Promise<void> {
    const { children } = await zk.children("/config");
    await Promise.all(children.map((name) => this.read(zk, name)));
  }

  private async read(zk: Client, name: string): Promise<void> {
    try {
      const { data } = await zk.get(`/config/${name}`);
      this.values.set(name, text(data));
    } catch (error) {
      if (!(error instanceof KeeperError && error.code === "NONODE")) throw error;
      this.values.delete(name);
    }
  }

  private async keepUp(zk: Client, watch: Awaited<ReturnType<Client["watch"]>>): Promise<void> {
    for await (const event of watch) {
      try {
        // A gap: the connection was away, so anything may have changed.
        if (event.type === "gap") await this.readAll(zk);
        else if (event.path !== "/config") await this.read(zk, event.path.slice("/config/".length));
      } catch (error) {
        // It is away now: a gap will follow. Until then the last known values hold.
        if (!(error instanceof ConnectionError || error instanceof SessionExpiredError)) throw error;
      }
      for (const wake of this.#waiting) wake();
    }
  }

  /** Resolves once the value is there; undefined means that the setting is gone. */
  async until(name: string, value: string | undefined): Promise<void> {
    while (this.values.get(name) !== value) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }
}

export default async function configurationCentre({ servers, print }: Stage): Promise<void> {
  await using operator = await connect(servers);
  await operator.create("/config");
  await operator.create("/config/database", { data: "db1.example:5432" });
  await operator.create("/config/log-level", { data: "info" });

  await using shopConnection = await connect(servers);
  await using billingConnection = await connect(servers);
  const shop = await LiveConfiguration.follow(shopConnection);
  const billing = await LiveConfiguration.follow(billingConnection);
  const show = (): void => {
    for (const [name, { values }] of Object.entries({ shop, billing })) {
      const settings = [...values].sort().map(([key, value]) => `${key}=${value}`);
      print(`  ${name}: ${settings.join(" ")}`);
    }
  };
  print("both applications have read their configuration");
  show();

  print("the database moves");
  const { stat } = await operator.get("/config/database");
  await operator.set("/config/database", "db2.example:5432", { version: stat.version });
  await Promise.all([shop, billing].map((each) => each.until("database", "db2.example:5432")));
  show();

  print("a second operator has not seen that, and is refused");
  await operator
    .set("/config/database", "db3.example:5432", { version: stat.version })
    .catch((error: KeeperError) => print(`  ${error.code} ${error.path}`));

  print("a setting comes, another one goes");
  await operator.create("/config/currency", { data: "EUR" });
  await operator.delete("/config/log-level");
  await Promise.all([shop, billing].map((each) => each.until("log-level", undefined)));
  show();
}
