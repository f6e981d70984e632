import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { PeerInstallError, run } from "./step.mjs";

/** What each Debian package is needed for; `proof` is a file that is there when it is installed. */
const PACKAGES = [
  { name: "zookeeper", proof: "/usr/share/zookeeper/bin/zkCli.sh" },
  { name: "libzookeeper-java", proof: "/usr/share/java/zookeeper.jar" },
  { name: "zookeeper-bin", proof: "/usr/lib/zookeeper/bin/cli_mt" },
  { name: "libzookeeper-mt-dev", proof: "/usr/include/zookeeper/zookeeper.h" },
];

/** Programs that any distribution may provide; the package is only installed when the program is absent. */
const PROGRAMS = [
  { command: "javac", package: "default-jdk-headless" },
  { command: "mvn", package: "maven" },
  { command: "python3", package: "python3" },
  { command: "cc", package: "build-essential" },
  { command: "make", package: "build-essential" },
  { command: "git", package: "git" },
];

function hasCommand(command) {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}

function missingPackages() {
  const missing = PACKAGES.filter((p) => !existsSync(p.proof)).map((p) => p.name);
  for (const program of PROGRAMS) {
    if (!hasCommand(program.command)) missing.push(program.package);
  }
  if (spawnSync("python3", ["-m", "pip", "--version"], { stdio: "ignore" }).status !== 0) {
    missing.push("python3-pip");
  }
  return [...new Set(missing)];
}

/** Apache ZooKeeper 3.8 with its C client, and the compilers, from the distribution's packages. */
export function installDebianPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const peer = `Debian packages ${missing.join(" ")}`;
  if (!hasCommand("apt-get"))
    throw new PeerInstallError(peer, "this machine has no apt-get; install them by hand");
  if (process.getuid?.() !== 0) {
    throw new PeerInstallError(
      peer,
      `not running as root; run: sudo apt-get install -y ${missing.join(" ")}`,
    );
  }
  console.log(`interop: installing ${peer}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  run(peer, "apt-get", ["update", "-q"], { env });
  run(peer, "apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], {
    env,
    timeoutMs: 1_200_000,
  });
  const still = missingPackages();
  if (still.length > 0)
    throw new PeerInstallError(peer, `still missing after installation: ${still.join(" ")}`);
}
