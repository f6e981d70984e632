import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";

const PROCESSORS_FEW = 2;

/**
 * How the garbage collector of a process that is one server is set up. V8 marks the heap in up to four threads beside the server's own.
 * Where there are no processors for them they take it from that thread, and from the other servers of the machine: on two processors the
 * p99 of a set was half as long again. There the heap is marked in small steps in between.
 */
export function collectorFlags(processors: number): readonly string[] {
  return processors <= PROCESSORS_FEW ? ["--no-concurrent-marking"] : [];
}

/** Sets the flags for this machine, for the rest of this process. */
export function tuneCollector(): void {
  for (const flag of collectorFlags(availableParallelism())) setFlagsFromString(flag);
}
