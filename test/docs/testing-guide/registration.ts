import type { Client } from "menagerie";

/** Keeps a program in the list at `path` as long as it runs, also when its session has expired meanwhile. */
export async function keepRegistered(zk: Client, path: string, address: string): Promise<void> {
  const register = () => zk.create(path, { data: address, mode: "ephemeral" });
  await register();
  zk.on("session", () => void register());
}
