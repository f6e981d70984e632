import { arch, homedir, hostname, release, tmpdir, type as typeOfSystem, userInfo } from "node:os";
import { getHeapStatistics } from "node:v8";

const MEGABYTE = 1024 * 1024;
/** What Apache prints for a property that does not exist. */
const NOT_AVAILABLE = "<NA>";

/**
 * The list behind `envi`: Apache's keys in Apache's order. Those of the Java virtual machine carry what corresponds to
 * them in Node.js, or `<NA>`. The memory lines tell of this process's heap (despite their name, Java's do, too), and
 * keep their names of 3.8; later versions call them `jvm.memory.*` (ZOOKEEPER-4792).
 */
export function nodeEnvironment(version: string): readonly (readonly [key: string, value: string])[] {
  const heap = getHeapStatistics();
  return [
    ["zookeeper.version", version],
    ["host.name", hostname() || NOT_AVAILABLE],
    ["java.version", process.version],
    ["java.vendor", "Node.js"],
    ["java.home", process.execPath],
    ["java.class.path", NOT_AVAILABLE],
    ["java.library.path", NOT_AVAILABLE],
    ["java.io.tmpdir", tmpdir()],
    ["java.compiler", NOT_AVAILABLE],
    ["os.name", typeOfSystem()],
    ["os.arch", arch()],
    ["os.version", release()],
    ["user.name", userName()],
    ["user.home", homedir()],
    ["user.dir", process.cwd()],
    ["os.memory.free", megabytes(heap.total_heap_size - heap.used_heap_size)],
    ["os.memory.max", megabytes(heap.heap_size_limit)],
    ["os.memory.total", megabytes(heap.total_heap_size)],
  ];
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MEGABYTE)}MB`;
}

/** The account's name; a user id without an account (common in containers) has none. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return NOT_AVAILABLE;
  }
}
