import { MisuseError } from "../client/index.ts";
import { utf8 } from "./znode-path.ts";

/** How one kind of queue names and writes its items. Names sort as text in the order in which they are taken. */
export interface QueueLayout {
  /** In front of the sequence number. */
  readonly prefixOf: (priority: number) => string;
  readonly isItem: (name: string) => boolean;
  readonly encode: (data: Uint8Array) => Uint8Array;
  /** A znode of Curator's may hold several items. */
  readonly decode: (data: Uint8Array) => Uint8Array[];
}

/** Which programs share the queue. */
export type QueueLayoutName = "zookeeper" | "kazoo" | "curator";

const KAZOO_PRIORITY_MAX = 999;
const same = (data: Uint8Array): Uint8Array => data;
const alone = (data: Uint8Array): Uint8Array[] => [data];

/** `entry-<ppp>-<seq>`: kazoo's Queue and LockingQueue; lower priorities first. @internal */
export const kazooQueue: QueueLayout = {
  prefixOf: (priority) => `entry-${kazooPriority(priority)}-`,
  isItem: (name) => /^entry-\d{3}-\d{10}$/.test(name),
  encode: same,
  decode: alone,
};

function kazooPriority(priority: number): string {
  if (!Number.isInteger(priority) || priority < 0 || priority > KAZOO_PRIORITY_MAX)
    throw new MisuseError(`priority is ${priority}: it must be a whole number, 0 … ${KAZOO_PRIORITY_MAX}`);
  return String(priority).padStart(3, "0");
}

/** `qn-<seq>`: ZooKeeper's own recipe in Java and C, Curator's SimpleDistributedQueue. @internal */
export const zookeeperQueue: QueueLayout = {
  prefixOf: () => "qn-",
  isItem: (name) => /^qn-\d{10}$/.test(name),
  encode: same,
  decode: alone,
};

/** `queue-<seq>`: Curator's DistributedQueue. @internal */
export const curatorQueue: QueueLayout = {
  prefixOf: () => "queue-",
  isItem: (name) => /^queue-\d{10}$/.test(name),
  encode: encodeItem,
  decode: decodeItems,
};

/** `queue-<s><8 hex><seq>`: Curator's DistributedPriorityQueue; s is 0 for negative priorities and 1 for others. @internal */
export const curatorPriorityQueue: QueueLayout = {
  prefixOf: (priority) => `queue-${curatorPriority(priority)}`,
  isItem: (name) => /^queue-[01][0-9A-F]{8}\d{10}$/.test(name),
  encode: encodeItem,
  decode: decodeItems,
};

function curatorPriority(priority: number): string {
  if (!Number.isInteger(priority) || priority !== (priority | 0))
    throw new MisuseError(`priority is ${priority}: it must be a whole number of 32 bits`);
  const hex = (priority >>> 0).toString(16).toUpperCase().padStart(8, "0");
  return `${priority >= 0 ? 1 : 0}${hex}`;
}

const VERSION = 0x0001_0001;
const ITEM = 1;
const END = 2;

/** int version, then per item byte 1, int length, bytes; byte 2 at the end (operations 5.3). */
function encodeItem(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 10);
  const view = new DataView(out.buffer);
  view.setInt32(0, VERSION);
  view.setUint8(4, ITEM);
  view.setInt32(5, data.length);
  out.set(data, 9);
  view.setUint8(out.length - 1, END);
  return out;
}

function decodeItems(data: Uint8Array): Uint8Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 5 || view.getInt32(0) !== VERSION) throw malformed(data);
  const items: Uint8Array[] = [];
  let at = 4;
  while (view.getUint8(at) === ITEM) {
    if (at + 5 >= data.length) throw malformed(data);
    const length = view.getInt32(at + 1);
    const end = at + 5 + length;
    if (length < 0 || end >= data.length) throw malformed(data);
    items.push(data.slice(at + 5, end));
    at = end;
  }
  if (view.getUint8(at) !== END) throw malformed(data);
  return items;
}

function malformed(data: Uint8Array): MisuseError {
  const start = [...data.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return new MisuseError(
    `an item of ${data.length} bytes (${start} …) is not in the format of Curator's queues`,
  );
}

/** Text as UTF-8. @internal */
export function itemBytes(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? utf8(data) : data;
}
