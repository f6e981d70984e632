import type { ShellCommand } from "./command.ts";

/** A row of the table of commands. */
export interface CommandRow {
  readonly name: string;
  /** What follows the name in the usage; may be empty. */
  readonly usage: string;
  /** Whose command it is: Apache's of today, a spelling of 3.4 and 3.5, or ours. */
  readonly origin: "apache" | "old" | "ours";
  /** Usage errors list the options too, as 3.9 does for some. */
  readonly listsOptions?: true;
  /** `control`: about the shell; runs without a session (command-line 2.5: the others then say `Not connected`). */
  readonly kind?: "control";
  /** Its words are secret: kept out of the history file. */
  readonly isSecret?: true;
  readonly load: () => Promise<ShellCommand>;
}

const RECONFIG =
  "[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | [-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]";

/** Every command: one file and one row. Sorted as Apache's usage is, ours behind. */
export const COMMANDS: readonly CommandRow[] = [
  row(
    "addWatch",
    "[-m mode] path # optional mode is one of [PERSISTENT, PERSISTENT_RECURSIVE] - default is PERSISTENT_RECURSIVE",
    async () => (await import("./commands/add-watch.ts")).addWatch,
  ),
  {
    ...row("addauth", "scheme auth", async () => (await import("./commands/add-auth.ts")).addAuth),
    isSecret: true,
  },
  row("close", "", async () => (await import("./commands/close.ts")).close),
  row("config", "[-c] [-w] [-s]", async () => (await import("./commands/config.ts")).config),
  control("connect", "host:port", async () => (await import("./commands/connect.ts")).connect),
  row(
    "create",
    "[-s] [-e] [-c] [-t ttl] path [data] [acl]",
    async () => (await import("./commands/create.ts")).create,
  ),
  row("delete", "[-v version] path", async () => (await import("./commands/delete.ts")).remove),
  row("deleteall", "path [-b batch size]", async () => (await import("./commands/delete-all.ts")).deleteAll),
  row("delquota", "[-n|-b|-N|-B] path", async () => (await import("./commands/del-quota.ts")).delQuota),
  control("exit", "", async () => (await import("./commands/quit.ts")).quit),
  {
    ...row("get", "[-s] [-w] [-b] [-x] path", async () => (await import("./commands/get.ts")).get),
    listsOptions: true,
  },
  row("getAcl", "[-s] path", async () => (await import("./commands/get-acl.ts")).getAcl),
  row(
    "getAllChildrenNumber",
    "path",
    async () => (await import("./commands/get-all-children-number.ts")).getAllChildrenNumber,
  ),
  row("getEphemerals", "path", async () => (await import("./commands/get-ephemerals.ts")).getEphemerals),
  control("history", "", async () => (await import("./commands/history.ts")).history),
  row("listquota", "path", async () => (await import("./commands/list-quota.ts")).listQuota),
  row("ls", "[-s] [-w] [-R] path", async () => (await import("./commands/ls.ts")).ls),
  control("printwatches", "on|off", async () => (await import("./commands/print-watches.ts")).printWatches),
  control("quit", "", async () => (await import("./commands/quit.ts")).quit),
  row("reconfig", RECONFIG, async () => (await import("./commands/reconfig.ts")).reconfig),
  control("redo", "cmdno", async () => (await import("./commands/redo.ts")).redo),
  row(
    "removewatches",
    "path [-c|-d|-a] [-l]",
    async () => (await import("./commands/remove-watches.ts")).removeWatches,
  ),
  {
    ...row("set", "path data [-s] [-v version] [-b]", async () => (await import("./commands/set.ts")).set),
    listsOptions: true,
  },
  row(
    "setAcl",
    "[-s] [-v version] [-R] path acl",
    async () => (await import("./commands/set-acl.ts")).setAcl,
  ),
  row("setquota", "-n|-b|-N|-B val path", async () => (await import("./commands/set-quota.ts")).setQuota),
  row("stat", "[-w] path", async () => (await import("./commands/stat.ts")).stat),
  row("sync", "path", async () => (await import("./commands/sync.ts")).sync),
  row("version", "", async () => (await import("./commands/version.ts")).version),
  row("whoami", "", async () => (await import("./commands/whoami.ts")).whoami),

  old("ls2", "path [watch]", async () => (await import("./commands/ls2.ts")).ls2),
  old("rmr", "path", async () => (await import("./commands/rmr.ts")).rmr),

  ours("diff", "path file|host:port[/chroot] [-d]", async () => (await import("./commands/diff.ts")).diff),
  ours("du", "[-L levels] path", async () => (await import("./commands/du.ts")).du),
  ours("export", "path [file]", async () => (await import("./commands/export.ts")).exportTree),
  ours(
    "find",
    "path [-name pattern] [-data text] [-L levels] [-e]",
    async () => (await import("./commands/find.ts")).find,
  ),
  { ...ours("help", "[command]", async () => (await import("./commands/help.ts")).help), kind: "control" },
  ours("import", "file [path] [-f] [-n]", async () => (await import("./commands/import.ts")).importTree),
  ours("tree", "[-L levels] [-s] path", async () => (await import("./commands/tree.ts")).tree),
  ours("watch", "[-1] [-d] [-n count] path", async () => (await import("./commands/watch.ts")).watch),
];

function row(name: string, usage: string, load: CommandRow["load"]): CommandRow {
  return { name, usage, origin: "apache", load };
}

function control(name: string, usage: string, load: CommandRow["load"]): CommandRow {
  return { ...row(name, usage, load), kind: "control" };
}

function old(name: string, usage: string, load: CommandRow["load"]): CommandRow {
  return { name, usage, origin: "old", load };
}

function ours(name: string, usage: string, load: CommandRow["load"]): CommandRow {
  return { name, usage, origin: "ours", load };
}

const BY_NAME = new Map(COMMANDS.map((command) => [command.name, command]));

export function commandNamed(name: string): CommandRow | undefined {
  return BY_NAME.get(name);
}
