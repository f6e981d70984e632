import { type Client, connect, KeeperError } from "menagerie";
import { type Stage, text } from "./stage.ts";

/** Registers a name that nobody else has. False when it is taken. */
async function register(zk: Client, name: string, address: string): Promise<boolean> {
  try {
    await zk.create(`/names/${name}`, { data: address });
    return true;
  } catch (error) {
    if (error instanceof KeeperError && error.code === "NODEEXISTS") return false;
    throw error;
  }
}

async function lookUp(zk: Client, name: string): Promise<string> {
  return text((await zk.get(`/names/${name}`)).data);
}

/** A number that nobody gets twice: the server counts. */
async function uniqueNumber(zk: Client): Promise<number> {
  const { path } = await zk.create("/numbers/n-", { mode: "persistent-sequential" });
  // The counter is the parent's; the znode itself is of no more use.
  await zk.delete(path);
  return Number(path.slice("/numbers/n-".length));
}

export default async function namingService({ servers, print }: Stage): Promise<void> {
  await using zk = await connect(servers);
  await using other = await connect(servers);
  await zk.create("/names");
  await zk.create("/numbers");

  print(`printer registered: ${await register(zk, "printer", "10.0.0.7:631")}`);
  print(`printer registered by another program: ${await register(other, "printer", "10.0.0.8:631")}`);
  print(`mail registered by another program: ${await register(other, "mail", "10.0.0.9:25")}`);
  print(`printer is ${await lookUp(other, "printer")}`);
  const { children } = await zk.children("/names");
  print(`names: ${children.sort().join(", ")}`);

  const numbers = await Promise.all([zk, other, zk, other, zk, other].map(uniqueNumber));
  print(`two programs took ${numbers.length} numbers, ${new Set(numbers).size} different ones`);
  print(`next: ${await uniqueNumber(zk)}`);
}
