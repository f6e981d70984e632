import { describe, expect, it } from "vitest";
import { ChildIndex } from "../../../../src/core/tree/child-index.ts";
import { nameBytes, writeName } from "../../../../src/core/tree/node-name.ts";
import { IntField, NodeRows } from "../../../../src/core/tree/node-rows.ts";
import { PayloadArena } from "../../../../src/core/tree/payload-arena.ts";
import { NO_NODE, type NodeRef } from "../../../../src/core/tree/tree-types.ts";

/** An index with the rows of one directory. */
class Children {
  readonly rows = new NodeRows();
  readonly arena = new PayloadArena();
  readonly index: ChildIndex;
  readonly parent: NodeRef;

  constructor(seed = 0) {
    this.index = new ChildIndex(this.rows, this.arena, seed);
    this.parent = this.rows.allocate();
  }

  add(name: string): NodeRef {
    const row = this.rows.allocate();
    this.rows.setInt(row, IntField.parent, this.parent);
    const length = nameBytes(name, 0, name.length);
    const ref = this.arena.allocate(length);
    writeName(this.arena.bytesOf(ref), this.arena.offsetOf(ref), name, 0, name.length);
    this.rows.setInt(row, IntField.nameRef, ref);
    this.rows.setInt(row, IntField.nameLength, length);
    this.index.insert(row, this.parent, name, 0, name.length);
    return row;
  }

  find(name: string): NodeRef {
    return this.index.find(this.parent, name, 0, name.length);
  }

  remove(row: NodeRef, name: string): void {
    this.index.remove(row, this.parent, name, 0, name.length);
    this.rows.free(row);
  }
}

/** Names with equal hashes for seed 0 and parent row 0, found by inverting the last step of FNV-1a. */
function collidingNames(count: number): string[] {
  const PRIME = 0x01000193;
  const before = Math.imul(0x1234_5678, inverseOf(PRIME));
  const names: string[] = [];
  for (let head = 0; names.length < count; head++) {
    const text = `h${head}-`;
    const hash = fnv(text);
    for (let first = 0x100; first < 0xd800 && names.length < count; first++) {
      const last = before ^ Math.imul(hash ^ first, PRIME);
      if (last >= 0x20 && last < 0xd800) names.push(text + String.fromCharCode(first, last));
    }
  }
  return names;
}

function fnv(text: string): number {
  let hash = Math.imul(1, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

function inverseOf(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

describe("ChildIndex", () => {
  it("finds what was inserted while segments divide", () => {
    const children = new Children();
    const rows = Array.from({ length: 50_000 }, (_, i) => children.add(`name-${i}`));
    for (const [i, row] of rows.entries()) if (children.find(`name-${i}`) !== row) expect.fail(`name-${i}`);
    expect(children.find("name-50000")).toBe(NO_NODE);
    expect(children.find("")).toBe(NO_NODE);
  });

  it("is the same with any seed", () => {
    for (const seed of [1, -1, 0x7fff_ffff, 0x9e37_79b1]) {
      const children = new Children(seed);
      const rows = Array.from({ length: 5000 }, (_, i) => children.add(`name-${i}`));
      expect(rows.every((row, i) => children.find(`name-${i}`) === row)).toBe(true);
    }
  });

  it("notices when a row is removed that is not there", () => {
    const children = new Children();
    const row = children.add("a");
    expect(() => children.index.remove(row, children.parent, "b", 0, 1)).toThrow("not in the child index");
  });
});

describe("names chosen to collide", () => {
  const NAMES = collidingNames(2500);

  it("do collide in this test", () => {
    expect(new Set(NAMES).size).toBe(NAMES.length);
    expect(new Set(NAMES.map(fnv)).size).toBe(1);
  });

  it("are all found, and stay so when half of them go", () => {
    const children = new Children();
    const rows = NAMES.map((name) => children.add(name));
    for (const [i, name] of NAMES.entries()) if (children.find(name) !== rows[i]) expect.fail(name);
    for (let i = 0; i < NAMES.length; i += 2) children.remove(rows[i]!, NAMES[i]!);
    for (const [i, name] of NAMES.entries()) {
      if (children.find(name) !== (i % 2 === 0 ? NO_NODE : rows[i])) expect.fail(name);
    }
  });

  it("are ordinary names under another seed", () => {
    const children = new Children(0x5eed);
    const rows = NAMES.map((name) => children.add(name));
    expect(NAMES.every((name, i) => children.find(name) === rows[i])).toBe(true);
  });
});
