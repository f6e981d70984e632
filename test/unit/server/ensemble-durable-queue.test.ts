import { beforeEach, expect, it } from "vitest";
import { encodeAck } from "../../../src/core/zab/packets.ts";
import type { DurableSend, PeerReady, StorageJob } from "../../../src/core/zab/peer-face.ts";
import { DurableQueue, type DurableWork } from "../../../src/server/ensemble/durable-queue.ts";
import { zx } from "../../support/storage.ts";

const NOTHING: DurableWork = {
  append: [],
  sendAfterPersist: [],
  epochs: undefined,
  memberships: undefined,
  jobs: [],
};
const RELOAD: StorageJob = { kind: "reload" };

let events: string[];
let open: Map<string, { resolve: () => void; reject: (error: Error) => void }>;
let queue: DurableQueue;

/** Something that the test lets happen. */
function pending(name: string): Promise<void> {
  events.push(`${name} begun`);
  return new Promise((resolve, reject) => open.set(name, { resolve, reject }));
}

async function finish(name: string): Promise<void> {
  open.get(name)!.resolve();
  open.delete(name);
  await new Promise((resolve) => setImmediate(resolve));
}

function append(...zxids: number[]): Pick<PeerReady, "append"> {
  return { append: zxids.map((zxid) => ({ zxid: zx(zxid), bytes: Buffer.alloc(1) })) };
}

function acks(...zxids: number[]): { sendAfterPersist: DurableSend[] } {
  return { sendAfterPersist: zxids.map((zxid) => ({ link: zxid, bytes: encodeAck(zx(zxid)) })) };
}

beforeEach(() => {
  events = [];
  open = new Map();
  queue = new DurableQueue({
    send: (sends) => void events.push(...sends.map(({ link }) => `ack ${link}`)),
    storeMemberships: () => pending("memberships"),
    storeEpochs: ({ accepted, current }) => pending(`epochs ${accepted} ${current}`),
    perform: async (job) => {
      await pending(job.kind);
      return { kind: "snapshotInstalled", zxid: zx(1) };
    },
    step: ({ kind }) => void events.push(`step ${kind}`),
    failed: (error) => void events.push(`failed: ${(error as Error).message}`),
  });
});

it("sends an ACK when what it claims is on the disk", () => {
  queue.add({ ...NOTHING, ...append(1, 2), ...acks(1, 2) });
  queue.add({ ...NOTHING, ...append(3), ...acks(3) });
  queue.add({ ...NOTHING, ...append(4), ...acks(4) });
  expect(events).toEqual([]);
  queue.persisted(zx(1));
  expect(events).toEqual([]);
  queue.persisted(zx(3));
  expect(events).toEqual(["ack 1", "ack 2", "ack 3"]);
  queue.persisted(zx(4));
  expect(events.at(-1)).toBe("ack 4");
  expect(queue.size).toBe(0);
});

it("sends at once when nothing is on its way", () => {
  queue.add({ ...NOTHING, ...acks(1) });
  expect(events).toEqual(["ack 1"]);
});

it("an entry waits for the appends of earlier Readys too", () => {
  queue.add({ ...NOTHING, ...append(1, 2, 3) });
  queue.add({ ...NOTHING, ...acks(3) });
  queue.persisted(zx(2));
  expect(events).toEqual([]);
  queue.persisted(zx(3));
  expect(events).toEqual(["ack 3"]);
});

it("log, then configurations, then epochs, then packets, then jobs, and nothing overtakes", async () => {
  queue.add({
    ...append(5),
    epochs: { accepted: 2, current: 2 },
    memberships: {} as NonNullable<PeerReady["memberships"]>,
    ...acks(5),
    jobs: [RELOAD],
  });
  queue.add({ ...NOTHING, ...acks(6) });
  expect(events).toEqual([]);
  queue.persisted(zx(5));
  expect(events).toEqual(["memberships begun"]);
  await finish("memberships");
  expect(events.at(-1)).toBe("epochs 2 2 begun");
  await finish("epochs 2 2");
  expect(events.slice(2)).toEqual(["step epochsStored", "ack 5", "reload begun"]);
  await finish("reload");
  expect(events.slice(5)).toEqual(["step snapshotInstalled", "ack 6"]);
});

it("zxids may go back behind a job", async () => {
  queue.add({ ...NOTHING, ...append(50), jobs: [{ kind: "truncate", zxid: zx(10) }] });
  // The job closes the log, and so makes durable what was appended.
  queue.persisted(zx(50));
  queue.add({ ...NOTHING, epochs: { accepted: 3 } });
  await finish("truncate");
  expect(events.at(-1)).toBe("epochs 3 undefined begun");
  queue.add({ ...NOTHING, ...append(11), ...acks(11) });
  await finish("epochs 3 undefined");
  expect(events).not.toContain("ack 11");
  queue.persisted(zx(11));
  expect(events.at(-1)).toBe("ack 11");
});

it("a disk that fails is told once, and nothing more leaves", async () => {
  queue.add({ ...NOTHING, epochs: { current: 4 }, ...acks(4) });
  queue.add({ ...NOTHING, ...acks(5) });
  open.get("epochs undefined 4")!.reject(new Error("EIO"));
  await new Promise((resolve) => setImmediate(resolve));
  queue.add({ ...NOTHING, ...acks(6) });
  queue.persisted(zx(9));
  expect(events).toEqual(["epochs undefined 4 begun", "failed: EIO"]);
});

it("keeps no memory of what is done while others wait", () => {
  for (let zxid = 1; zxid <= 10_000; zxid++) {
    queue.add({ ...NOTHING, ...append(zxid), ...acks(zxid) });
    if (zxid > 1) queue.persisted(zx(zxid - 1));
  }
  expect(queue.size).toBe(1);
  expect(events).toHaveLength(9_999);
});
