import { runZkCli } from "./run-zk-cli.ts";

/** The program `zkCli`, and what `bin/zkCli.sh` runs. */
process.exit(await runZkCli(process.argv.slice(2), process.env));
