import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { APACHE_JAR } from "./subject.ts";

function output(command: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return `${stdout ?? ""}${stderr ?? ""}`.trim();
}

export function isInstalled(command: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}

/** Installs Apache ZooKeeper from Debian's packages unless it is there. */
export function ensureApache(say: (text: string) => void): void {
  if (existsSync(APACHE_JAR) && isInstalled("java")) return;
  say("installing Apache ZooKeeper (Debian packages zookeeper, libzookeeper-java)");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-q"],
    ["install", "-q", "-y", "zookeeper", "libzookeeper-java"],
  ]) {
    const { status } = spawnSync("apt-get", args, { stdio: "inherit", env });
    if (status !== 0) {
      throw new Error(
        `apt-get ${args.join(" ")} failed; install it yourself or run with --subject menagerie`,
      );
    }
  }
}

/** What the figures were measured on. */
export function describeMachine(isPinned: boolean): Record<string, string | number> {
  const apache = output("dpkg-query", ["-W", "-f=${Version}", "libzookeeper-java"]);
  const java = output("java", ["-version"]).split("\n")[1] ?? "none";
  return {
    processors: `${availableParallelism()} x ${cpus()[0]?.model ?? "?"}`,
    "memory GiB": Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
    java,
    "apache zookeeper": apache,
    "load average before": loadavg()[0]!.toFixed(2),
    "load generator": isPinned
      ? `one process on processor ${availableParallelism() - 1}`
      : "one process, not pinned",
  };
}
