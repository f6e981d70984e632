import { describe, expect, it } from "vitest";
import { InvariantViolation } from "../../../../src/base/invariant.ts";
import { DoubleField, IntField, NodeRows } from "../../../../src/core/tree/node-rows.ts";

describe("NodeRows", () => {
  it("gives rows whose fields are empty, also when they were used before", () => {
    const rows = new NodeRows();
    const row = rows.allocate();
    for (const field of Object.values(IntField)) rows.setInt(row, field, 7);
    for (const field of Object.values(DoubleField)) rows.setDouble(row, field, 2 ** 50);
    rows.free(row);
    expect(rows.allocate()).toBe(row);
    const empty: Record<string, number> = {
      aclSlot: -1,
      dataLength: -1,
      parent: -1,
      firstChild: -1,
      nextSibling: -1,
      prevSibling: -1,
    };
    for (const [name, field] of Object.entries(IntField))
      expect(rows.int(row, field), name).toBe(empty[name] ?? 0);
    for (const [name, field] of Object.entries(DoubleField)) expect(rows.double(row, field), name).toBe(0);
  });

  it("keeps rows apart, over the edges of chunks", () => {
    const rows = new NodeRows();
    const all = Array.from({ length: 10_000 }, () => rows.allocate());
    for (const row of all) {
      rows.setDouble(row, DoubleField.mtime, row + 0.5);
      rows.setInt(row, IntField.version, row);
      rows.setInt(row, IntField.nameLength, ~row);
    }
    for (const row of all) {
      expect(rows.double(row, DoubleField.mtime)).toBe(row + 0.5);
      expect(rows.int(row, IntField.version)).toBe(row);
      expect(rows.int(row, IntField.nameLength)).toBe(~row);
    }
    expect(rows.count).toBe(10_000);
  });

  it("has no two fields in one place", () => {
    const offsets = Object.values(IntField);
    expect(new Set(offsets).size).toBe(offsets.length);
    expect(Math.min(...offsets)).toBe(Object.values(DoubleField).length * 2);
  });

  it("notices a row freed twice", () => {
    const rows = new NodeRows();
    const row = rows.allocate();
    expect(rows.isInUse(row)).toBe(true);
    rows.free(row);
    expect(rows.isInUse(row)).toBe(false);
    expect(() => rows.free(row)).toThrow(InvariantViolation);
    expect(rows.count).toBe(0);
  });
});
