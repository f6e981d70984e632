import { describe, expect, it } from "vitest";
import { AclAuthority, aclToText, maskAcl } from "../../../../src/core/auth/acl.ts";
import { mergeIds } from "../../../../src/core/auth/auth-scheme.ts";
import { DigestScheme } from "../../../../src/core/auth/digest-scheme.ts";
import { IpScheme } from "../../../../src/core/auth/ip-scheme.ts";
import { Perms, permsToText } from "../../../../src/core/auth/perms.ts";
import type { ACL } from "../../../../src/protocol/records/data.ts";

const schemes = [new IpScheme(), new DigestScheme({ algorithm: "sha1", superDigest: undefined })];
const authority = new AclAuthority(schemes, false);
const entry = (perms: number, scheme: string | null, id: string | null): ACL => ({
  perms,
  id: { scheme, id },
});
const BOB = { scheme: "digest", id: "bob:hash" };
const IP = { scheme: "ip", id: "10.0.0.1" };
const SUPER = { scheme: "super", id: "" };

describe("the decision of client-protocol 6.2", () => {
  const acl = [entry(Perms.READ, "world", "anyone"), entry(Perms.WRITE, "digest", "bob:hash")];

  it("one common bit is enough, for the entry's own scheme", () => {
    expect(authority.allows(acl, Perms.READ, [])).toBe(true);
    expect(authority.allows(acl, Perms.WRITE, [IP])).toBe(false);
    expect(authority.allows(acl, Perms.WRITE, [IP, BOB])).toBe(true);
    expect(authority.allows(acl, Perms.READ | Perms.ADMIN, [])).toBe(true);
    expect(authority.allows(acl, Perms.ADMIN, [IP, BOB])).toBe(false);
    expect(authority.allows([entry(31, "ip", "10.0.0.0/8")], Perms.ADMIN, [IP])).toBe(true);
    expect(authority.allows([entry(31, "digest", "10.0.0.1")], Perms.ADMIN, [IP])).toBe(false);
  });

  it("an empty list allows, perms 0 does not, unknown schemes do not", () => {
    expect(authority.allows([], Perms.ADMIN, [])).toBe(true);
    expect(authority.allows(null, Perms.ADMIN, [])).toBe(true);
    expect(authority.allows([entry(0, "world", "anyone")], Perms.READ, [])).toBe(false);
    expect(authority.allows([entry(31, "x509", "CN=a")], Perms.READ, [{ scheme: "x509", id: "CN=a" }])).toBe(
      false,
    );
    expect(authority.allows([entry(31, null, null)], Perms.READ, [BOB])).toBe(false);
  });

  it("super users and skipACL pass everything", () => {
    expect(authority.allows([entry(0, "world", "anyone")], Perms.ADMIN, [SUPER])).toBe(true);
    expect(new AclAuthority(schemes, true).allows([entry(0, "world", "anyone")], Perms.ADMIN, [])).toBe(true);
  });
});

describe("the fix-up of client-protocol 6.3", () => {
  it("drops equal entries, keeps order and other bits", () => {
    const acl = [entry(33, "digest", "a:b"), entry(1, "world", "anyone"), entry(33, "digest", "a:b")];
    expect(authority.fixUp(acl, [])).toEqual({ acl: [acl[0], acl[1]] });
  });

  it.each([
    ["null", null, -114],
    ["empty", [], -114],
    ["a null scheme", [entry(1, null, "x")], -114],
    ["a null id", [entry(1, "digest", null)], -5],
    ["world with another id", [entry(1, "world", "me")], -114],
    ["an invalid digest id", [entry(1, "digest", "abc")], -114],
    ["a scheme that does not exist", [entry(1, "nope", "x")], -114],
    ["super", [entry(1, "super", "x")], -114],
    ["sasl where it is not configured", [entry(1, "sasl", "bob")], -114],
    ["auth without ids", [entry(1, "auth", "")], -114],
    ["a bad entry behind a good one", [entry(1, "world", "anyone"), entry(1, "digest", "abc")], -114],
  ])("%s", (_name, acl, err) => {
    expect(authority.fixUp(acl, [IP])).toEqual({ err });
  });

  it("auth becomes the authenticated ids: not ip, and not super, which has no provider", () => {
    const al = { scheme: "digest", id: "al:hash" };
    expect(authority.fixUp([entry(7, "auth", "whatever")], [IP, SUPER, BOB, al])).toEqual({
      acl: [
        { perms: 7, id: BOB },
        { perms: 7, id: al },
      ],
    });
    expect(authority.fixUp([entry(7, "auth", "")], [IP, SUPER])).toEqual({ err: -114 });
  });

  it("does not let many auth entries and many ids multiply without bound", () => {
    const ids = Array.from({ length: 1000 }, (_, i) => ({ scheme: "digest", id: `u${i}:h` }));
    const acl = Array.from({ length: 1000 }, (_, i) => entry(i, "auth", ""));
    expect(authority.fixUp(acl, ids)).toEqual({ err: -114 });
  });

  it("takes a large list in linear time", () => {
    const acl = Array.from({ length: 80_000 }, (_, i) => entry(i + 1, "world", "anyone"));
    const fixed = authority.fixUp([...acl, ...acl.slice(0, 10)], []);
    expect("acl" in fixed && fixed.acl.length).toBe(80_000);
  });
});

describe("how ACLs are shown", () => {
  it("masks the hash of digest ids only", () => {
    const acl = [entry(1, "digest", "bob:hash:more"), entry(2, "ip", "1.2.3.4"), entry(3, "world", "anyone")];
    expect(maskAcl(acl).map(({ id }) => id.id)).toEqual(["bob:x", "1.2.3.4", "anyone"]);
  });

  it("as text for the audit log", () => {
    expect(permsToText(31)).toBe("cdrwa");
    expect(aclToText([entry(31, "world", "anyone"), entry(1, "ip", "::1")])).toBe(
      "world:anyone:cdrwaip:::1:r",
    );
  });

  it("user names", () => {
    expect(authority.userName(BOB)).toBe("bob");
    expect(authority.userName(SUPER)).toBe("");
    expect(authority.userNames([IP, BOB])).toBe("10.0.0.1,bob");
  });
});

describe("identities", () => {
  it("are a set, and the same array when nothing is new", () => {
    const ids = mergeIds([], [IP, BOB, IP]);
    expect(ids).toEqual([IP, BOB]);
    expect(mergeIds(ids, [BOB])).toBe(ids);
  });
});
