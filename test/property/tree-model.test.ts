import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChangeSink } from "../../src/core/tree/tree-types.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import type { ACL } from "../../src/protocol/records/data.ts";
import type { TxnBody } from "../../src/protocol/txn.ts";
import {
  containerBody,
  createBody,
  deleteBody,
  digestFromScratch,
  dump,
  header,
  newTree,
  session,
  setAclBody,
  setDataBody,
  ttlBody,
} from "../support/tree.ts";
import { TreeModel } from "../support/tree-model.ts";

/**
 * Any txns in any order, also ones that no leader would make: the tree agrees with the naive model on every znode, Stat, error
 * and event, and its running digest with one computed from nothing.
 */

const name = fc.constantFrom("a", "b", "c", "é中", "long-enough-to-be-a-slice");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join("/")}`);
const anyPath = fc.oneof(
  { weight: 20, arbitrary: path },
  { weight: 1, arbitrary: fc.constantFrom("/", "/zookeeper/config", "/zookeeper", "nothing") },
);
const data = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }),
  fc.tuple(fc.nat(20_000), fc.nat(255)).map(([length, value]) => new Uint8Array(length).fill(value)),
);
const acl: fc.Arbitrary<ACL[] | null> = fc.option(
  fc.array(
    fc.record({
      perms: fc.nat(31),
      id: fc.record({ scheme: fc.constantFrom("world", "ip"), id: fc.constantFrom("anyone", "::1") }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  { freq: 5 },
);
const counter = fc.oneof(fc.constant(-1), fc.integer({ min: -2, max: 12 }));

const single: fc.Arbitrary<TxnBody> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(path, data, acl, fc.boolean(), counter, fc.constantFrom(1 as const, 15 as const))
      .map(([p, d, a, ephemeral, parentCVersion, type]) =>
        createBody(p, d, { acl: a, ephemeral, parentCVersion, type }),
      ),
  },
  { weight: 1, arbitrary: fc.tuple(path, counter).map(([p, c]) => containerBody(p, c)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(path, fc.integer({ min: 1, max: 2 ** 40 - 1 }), counter)
      .map(([p, t, c]) => ttlBody(p, t, c)),
  },
  { weight: 4, arbitrary: path.map(deleteBody) },
  { weight: 1, arbitrary: path.map((p): TxnBody => ({ type: OpCode.deleteContainer, path: p })) },
  {
    weight: 4,
    arbitrary: fc.tuple(anyPath, data, fc.integer()).map(([p, d, version]) => setDataBody(p, d, version)),
  },
  { weight: 2, arbitrary: fc.tuple(anyPath, acl, fc.integer()).map(([p, a, v]) => setAclBody(p, a, v)) },
  { weight: 1, arbitrary: path.map((p): TxnBody => ({ type: OpCode.check, path: p, version: 3 })) },
);
const body: fc.Arbitrary<TxnBody> = fc.oneof(
  { weight: 20, arbitrary: single },
  {
    weight: 2,
    arbitrary: fc
      .array(
        fc.oneof(
          { weight: 30, arbitrary: single },
          { weight: 1, arbitrary: fc.constant<TxnBody>({ type: OpCode.error, err: -110 }) },
        ),
        { maxLength: 4 },
      )
      .map((txns): TxnBody => ({ type: OpCode.multi, txns })),
  },
  {
    weight: 1,
    arbitrary: fc
      .option(fc.array(path, { maxLength: 3 }))
      .map((paths2Delete): TxnBody => ({ type: OpCode.closeSession, paths2Delete })),
  },
);
const txn = fc.record({
  body,
  /** Mostly the next zxid, sometimes an older one, as in replay. */
  back: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }) },
  ),
  owner: fc.integer({ min: 1, max: 3 }),
});

describe("DataTree and the naive model", () => {
  it("agree after any txns", () => {
    fc.assert(
      fc.property(fc.array(txn, { maxLength: 60 }), (txns) => {
        const tree = newTree();
        const model = new TreeModel();
        const events: string[] = [];
        const sink: ChangeSink = {
          created: (p) => events.push(`created ${p}`),
          deleted: (p) => events.push(`deleted ${p}`),
          dataChanged: (p) => events.push(`changed ${p}`),
          childrenChanged: (p) => events.push(`children ${p}`),
        };
        let zxid = 20;
        for (const { body: txnBody, back, owner } of txns) {
          zxid++;
          const head = header(zxid - back, txnBody.type, session(owner));
          const result = tree.apply(head, txnBody, sink);
          expect(result.err).toBe(model.apply(head, txnBody));
        }
        expect(dump(tree)).toEqual(model.view());
        expect(events).toEqual(model.events);
        expect(tree.treeDigest()).toEqual(digestFromScratch(tree));
        checkSums(tree, model);
      }),
      { numRuns: 300 },
    );
  });
});

/** Everything that is kept on the side. */
function checkSums(tree: ReturnType<typeof newTree>, model: TreeModel): void {
  const paths = [...model.nodes.keys()];
  expect(tree.nodeCount).toBe(paths.length);
  const lengths = paths.reduce((sum, p) => sum + p.length + (model.nodes.get(p)!.data?.length ?? 0), 0);
  expect(tree.approximateDataBytes).toBe(lengths);
  const owned = (test: (owner: bigint) => boolean) =>
    paths.filter((p) => test(model.nodes.get(p)!.owner)).sort();
  const listed = (rows: Iterable<number>) => [...rows].map((row) => tree.pathOf(row)).sort();
  expect(listed(tree.containers)).toEqual(owned((owner) => owner === 1n << 63n));
  expect(listed(tree.ttlZnodes)).toEqual(owned((owner) => owner >> 56n === 0xffn));
  let ephemerals = 0;
  for (const id of tree.ephemeralOwners()) {
    const mine = [...tree.ephemeralsOf(id)].sort();
    expect(mine).toEqual(owned((owner) => owner === id.toBigInt()));
    ephemerals += mine.length;
  }
  expect(tree.ephemeralCount).toBe(ephemerals);
  const acls = new Set(
    paths.flatMap((p) => (tree.aclId(tree.lookup(p)) === -1 ? [] : [tree.aclId(tree.lookup(p))])),
  );
  expect(tree.aclCount).toBe(acls.size);
  for (const p of paths) {
    expect(tree.countDescendants(tree.lookup(p))).toBe(
      paths.filter((other) => other !== p && other.startsWith(p === "/" ? "/" : `${p}/`)).length,
    );
  }
}
