import { Command } from "commander";
import { MENAGERIE_VERSION, VERSION_LINE } from "../base/version.ts";
import { processOutput } from "./output.ts";

/** The program `menagerie`: everything under one name. Each command loads what it needs when it runs. */
const program = new Command("menagerie")
  .description("ZooKeeper, rebuilt in TypeScript")
  .version(`${VERSION_LINE} (menagerie ${MENAGERIE_VERSION})`)
  .enablePositionalOptions();

program
  .command("server")
  .description("run a server in the foreground, or one of the verbs of zkServer.sh")
  .argument(
    "[words...]",
    "a configuration file; or: port datadir [ticktime] [maxcnxns]; or a verb and a configuration file",
  )
  .option("--quickstart", "run a server to try things out with, without a configuration file")
  .option("--port <port>", "quickstart: the client port", "2181")
  .option("--data <directory>", "quickstart: where the data is kept", "./data")
  .option("--admin-port <port>", "quickstart: the port of the AdminServer", "8080")
  .option("-D, --define <property=value>", "a system property; may be given several times", collect, [])
  .action(async (words: string[], options: ServerOptions) => {
    const { server } = await import("./commands/server.ts");
    exit(await server(words, options, process.env, processOutput));
  });

program
  .command("ensemble")
  .description("run several servers on this machine that are one ensemble, until Ctrl-C")
  .argument("[servers]", "how many, 1 to 9", "3")
  .option("--dir <directory>", "where their directories are; made at the first start", "./data-ensemble")
  .option("--base-port <port>", "first start: the client port of the first server (default: 2181 if free)")
  .action(async (servers: string, options: { dir: string; basePort?: string }) => {
    const { ensemble } = await import("./commands/ensemble.ts");
    exit(await ensemble(servers, options, processOutput));
  });

program
  .command("initialize")
  .description("make an empty data directory, as zkServer-initialize.sh does")
  .allowUnknownOption()
  .helpOption(false)
  .argument("[words...]")
  .action(async (words: string[]) => {
    const { initialize } = await import("./commands/initialize.ts");
    exit(await initialize(words, process.env, processOutput));
  });

program
  .command("cli")
  .description("the shell: one command, or a session, as zkCli.sh")
  .allowUnknownOption()
  .passThroughOptions()
  .helpOption(false)
  .argument("[words...]")
  .action(async (words: string[]) => {
    const { runZkCli } = await import("./shell/run-zk-cli.ts");
    exit(await runZkCli(words, process.env));
  });

program
  .command("purge")
  .description("delete old snapshots and logs, as zkCleanup.sh does")
  .allowUnknownOption()
  .helpOption(false)
  .argument("[words...]")
  .action(async (words: string[]) => {
    const { purge } = await import("./commands/purge.ts");
    exit(await purge(words, process.env, processOutput));
  });

interface ServerOptions {
  readonly quickstart?: true;
  readonly port: string;
  readonly data: string;
  readonly adminPort: string;
  readonly define: readonly string[];
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** Nothing that a command leaves open may keep the process alive. */
function exit(code: number): never {
  process.exit(code);
}

await program.parseAsync();
