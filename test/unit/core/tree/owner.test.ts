import { describe, expect, it } from "vitest";
import {
  CONTAINER_OWNER,
  looksLikeTtl,
  OwnerRules,
  ttlMsOf,
  ttlOwner,
} from "../../../../src/core/tree/owner.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";
import { JuteError } from "../../../../src/protocol/jute-reader.ts";
import { TREE_OPTIONS } from "../../../support/tree.ts";

const rules = (extendedTypesEnabled: boolean, emulate353TTLNodes = false) =>
  new OwnerRules({ ...TREE_OPTIONS, extendedTypesEnabled, emulate353TTLNodes });
const kind = (r: OwnerRules, hex: string) => {
  const { hi, lo } = Int64.fromHex(hex);
  return r.kindOf(hi, lo);
};

describe("kinds of owners (client-protocol 4.4)", () => {
  it.each([
    ["0", "none", "none", "none"],
    ["100001d2bb50000", "session", "session", "session"],
    ["7fffffffffffffff", "session", "session", "session"],
    ["8000000000000000", "container", "container", "container"],
    ["ff0000000000ea60", "ttl", "session", "ttl"],
    ["ff0000ffffffffff", "ttl", "session", "ttl"],
    ["8000000000001388", "session", "session", "ttl"],
    ["fe00000000000001", "session", "session", "ttl"],
  ])("%s is %s with extended types, %s without, %s emulating 3.5.3", (hex, extended, plain, emulated) => {
    expect(kind(rules(true), hex)).toBe(extended);
    expect(kind(rules(false), hex)).toBe(plain);
    expect(kind(rules(true, true), hex)).toBe(emulated);
  });

  it("refuses to load an extended type that it does not know, and says how to go on", () => {
    const { hi, lo } = Int64.fromHex("ff00010000000001");
    expect(() => rules(true).refuseUnknownType(hi, lo, "/x")).toThrow(JuteError);
    expect(() => rules(true).refuseUnknownType(hi, lo, "/x")).toThrow(
      /\/x.*0xff00010000000001.*extendedTypesEnabled/,
    );
    expect(() => rules(false).refuseUnknownType(hi, lo, "/x")).not.toThrow();
    expect(() => rules(true).refuseUnknownType(ttlOwner(5).hi, ttlOwner(5).lo, "/x")).not.toThrow();
    expect(() => rules(true).refuseUnknownType(CONTAINER_OWNER.hi, 0, "/x")).not.toThrow();
  });
});

describe("TTL owners", () => {
  it.each([1, 5, 60_000, 0xffff_ffff, 0x1_0000_0000, 0xff_ffff_ffff])("%i ms go there and back", (ttlMs) => {
    const { hi, lo } = ttlOwner(ttlMs);
    expect(hi >>> 24).toBe(0xff);
    expect(ttlMsOf(hi, lo)).toBe(ttlMs);
    expect(looksLikeTtl(hi, lo)).toBe(true);
    expect(rules(false).isStrandedTtl(hi, lo)).toBe(true);
    expect(rules(true).isStrandedTtl(hi, lo)).toBe(false);
  });

  it("are not mistaken for ids of sessions", () => {
    const { hi, lo } = Int64.fromHex("ff00123400000001");
    expect(looksLikeTtl(hi, lo)).toBe(false);
    expect(looksLikeTtl(-0x100_0000, 0)).toBe(false);
  });
});
