import type { Subject } from "../../support/apache.ts";

/** What differs between two runs of the same server: numbers of this run become words. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/Zookeeper version: \S+, built on .*/g, "Zookeeper version: V"],
  [/\/127\.0\.0\.1:\d+/g, "/127.0.0.1:PORT"],
  [/\[0:0:0:0:0:0:0:1\]|\/0:0:0:0:0:0:0:1/g, "IPV6"],
  [/Latency min\/avg\/max: \d+\/\d+(\.\d+)?\/\d+/g, "Latency min/avg/max: L"],
  [/(clientPort)=\d+/g, "$1=PORT"],
  [/(dataDirSize|dataLogSize|datadir_size|logdir_size)(=|: )\d+/g, "$1$2N"],
  [/(Received|Sent): \d+/g, "$1: N"],
  [/(queued=\d+,recved|sent)=\d+/g, "$1=N"],
  [/(est|lresp|llat|minlat|avglat|maxlat|recved)=[\d.]+/g, "$1=N"],
  [/sid=0x[0-9a-f]+/g, "sid=S"],
  // How many expiry buckets there are, and which connection is in which, depends on the moment.
  [/(Session|Connections) Sets \(\d+\)/g, "$1 Sets (N)"],
  [/^\d+ expire at \w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}:\n/gm, ""],
];

function sessions(answer: string): string {
  const ids = [...new Set(answer.match(/0x10[0-9a-f]{13}/g) ?? [])].sort();
  return ids.reduce((text, id, index) => text.replaceAll(id, `SESSION${index + 1}`), answer);
}

/** The answer without what is of this run only; blocks whose order ZooKeeper leaves open are sorted. */
export function mask(answer: string, subject: Subject): string {
  const plain = answer.replaceAll(subject.dataDir, "DATA");
  const masked = MASKS.reduce((text, [pattern, word]) => text.replace(pattern, word), sessions(plain));
  return sortBlocks(masked);
}

/** Sorts what Java shows in hash order: lines indented by a tab below their heading, and neighbours of one kind. */
function sortBlocks(text: string): string {
  const blocks: string[][] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("\t") && blocks.length > 0) blocks.at(-1)!.push(line);
    else blocks.push([line]);
  }
  const whole = blocks.map(([head, ...rest]) => [head, ...rest.sort()].join("\n"));
  const kindOf = (block: string): string => /^(SESSION| ?\/)/.exec(block)?.[0] ?? block;
  const runs: string[][] = [];
  for (const block of whole) {
    const run = runs.at(-1);
    if (run !== undefined && kindOf(run[0]!) === kindOf(block)) run.push(block);
    else runs.push([block]);
  }
  return runs.flatMap((run) => run.sort()).join("\n");
}

/** Keys of `key<separator>value` lines, sorted. */
export function keysOf(answer: string, separator: string): string[] {
  const lines = answer.split("\n").filter((line) => line.includes(separator));
  return lines.map((line) => line.slice(0, line.indexOf(separator))).sort();
}
