import { describe, expect, it } from "vitest";
import { AclCache, OPEN_ACL, READ_ACL, UNKNOWN_ACL } from "../../../../src/core/tree/acl-cache.ts";
import type { ACL } from "../../../../src/protocol/records/data.ts";

const acl = (...ids: [number, string, string | null][]): ACL[] =>
  ids.map(([perms, scheme, id]) => ({ perms, id: { scheme, id } }));
const A = acl([31, "world", "anyone"]);
const B = acl([1, "ip", "10.0.0.1"], [2, "digest", "u:h"]);
const B_TURNED = acl([2, "digest", "u:h"], [1, "ip", "10.0.0.1"]);

describe("AclCache (client-protocol 6.8)", () => {
  it("gives ids 1, 2, … to different lists, and world:anyone:31 from a client an ordinary one", () => {
    const cache = new AclCache();
    expect(cache.idOf(cache.acquire(A))).toBe(1);
    expect(cache.idOf(cache.acquire(B))).toBe(2);
    expect(cache.idOf(cache.acquire(acl([31, "world", "anyone"])))).toBe(1);
    expect(cache.idOf(cache.acquire(B_TURNED))).toBe(3);
    expect(cache.idOf(cache.acquire([]))).toBe(4);
    expect(cache.size).toBe(4);
  });

  it("tells very long ACLs of one length apart by their last character, at once", () => {
    const cache = new AclCache();
    const long = (i: number): ACL[] => acl([1, "digest", "u".repeat(17_000) + String(i).padStart(5, "0")]);
    const slots = Array.from({ length: 1000 }, (_, i) => cache.acquire(long(i)));
    expect(new Set(slots).size).toBe(1000);
    expect(slots.map((_, i) => cache.acquire(long(i)))).toEqual(slots);
    for (const slot of slots) for (let time = 0; time < 2; time++) cache.release(slot);
    expect(cache.size).toBe(0);
  });

  it("takes null for the open ACL with id -1", () => {
    const cache = new AclCache();
    const slot = cache.acquire(null);
    expect(cache.idOf(slot)).toBe(-1);
    expect(cache.aclOf(slot)).toBe(OPEN_ACL);
    expect(cache.aclById(-1)).toBe(OPEN_ACL);
    cache.release(slot);
    expect(cache.size).toBe(0);
  });

  it("drops an ACL with its last reference and never gives its id again", () => {
    const cache = new AclCache();
    const slot = cache.acquire(B);
    cache.acquire(acl([1, "ip", "10.0.0.1"], [2, "digest", "u:h"]));
    cache.release(slot);
    expect(cache.aclById(1)).toEqual(B);
    cache.release(slot);
    expect(cache.aclById(1)).toBe(UNKNOWN_ACL);
    expect(cache.idOf(cache.acquire(B))).toBe(2);
    expect(() => cache.release(99)).toThrow("released more often");
  });

  it("does not confuse null and the text null", () => {
    const cache = new AclCache();
    expect(cache.acquire(acl([1, "ip", null]))).not.toBe(cache.acquire(acl([1, "ip", "null"])));
  });

  it("goes on after the highest id of a loaded map, and drops what nobody uses", () => {
    const cache = new AclCache();
    cache.load(3, A);
    cache.load(7, B);
    cache.load(7, READ_ACL);
    const slot = cache.acquireById(3);
    cache.purgeUnused();
    expect(cache.toMap()).toEqual([{ id: 3, acl: A }]);
    expect(cache.acquire(A)).toBe(slot);
    expect(cache.idOf(cache.acquire(B))).toBe(8);
  });

  it("lets a znode refer to an id that the map lacks, without ever giving that id away", () => {
    const cache = new AclCache();
    cache.load(1, A);
    const slot = cache.acquireById(5);
    expect(cache.isUnknown(slot)).toBe(true);
    expect(cache.aclOf(slot)).toBe(UNKNOWN_ACL);
    expect(cache.acquireById(5)).toBe(slot);
    expect(cache.idOf(cache.acquire(UNKNOWN_ACL.map((entry) => ({ ...entry }))))).toBe(6);
    expect(cache.toMap().map(({ id }) => id)).toEqual([1, 6]);
    cache.release(slot);
    cache.release(slot);
    expect(cache.aclById(5)).toBe(UNKNOWN_ACL);
    expect(cache.isUnknown(-1)).toBe(false);
  });

  it("lists the map by id", () => {
    const cache = new AclCache();
    const first = cache.acquire(A);
    cache.acquire(B);
    cache.release(first);
    cache.acquire(READ_ACL);
    expect(cache.toMap().map(({ id }) => id)).toEqual([2, 3]);
  });
});
