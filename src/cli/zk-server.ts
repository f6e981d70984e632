import { processOutput } from "./output.ts";

/**
 * The program `zkServer`, and what `bin/zkServer.sh` runs: either a verb of the script, or, behind the flags and the name
 * of Apache's main class, the server itself.
 */
async function main(words: readonly string[]): Promise<number> {
  const mainClass = words.findIndex((word) => word.startsWith("org.apache.zookeeper.server."));
  if (mainClass >= 0) {
    const { runServer } = await import("./run-server.ts");
    return runServer(words.slice(0, mainClass), words.slice(mainClass + 1), processOutput);
  }
  const { callZkServer } = await import("./zk-server-call.ts");
  return callZkServer(words, process.env, processOutput);
}

process.exit(await main(process.argv.slice(2)));
