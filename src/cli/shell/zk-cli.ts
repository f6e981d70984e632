import { runZkCli } from "./run-zk-cli.ts";

/** The program `zkCli`, and what `bin/zkCli.sh` runs. */
void runZkCli(process.argv.slice(2), process.env).then((code) => process.exit(code));
