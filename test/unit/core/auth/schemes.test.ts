import { describe, expect, it } from "vitest";
import type { AuthPeer } from "../../../../src/core/auth/auth-scheme.ts";
import { DigestScheme, digestId } from "../../../../src/core/auth/digest-scheme.ts";
import { isDistinguishedName } from "../../../../src/core/auth/distinguished-name.ts";
import { EnsembleScheme } from "../../../../src/core/auth/ensemble-scheme.ts";
import { isInPrefix, parseIpAddress, parseIpPrefix } from "../../../../src/core/auth/ip-address.ts";
import { IpScheme } from "../../../../src/core/auth/ip-scheme.ts";
import { SaslScheme } from "../../../../src/core/auth/sasl-scheme.ts";
import { X509Scheme } from "../../../../src/core/auth/x509-scheme.ts";

const PEER: AuthPeer = { peerAddress: "10.1.2.3", certificateSubject: undefined };
const utf8 = (text: string) => new TextEncoder().encode(text);

describe("digest", () => {
  const scheme = new DigestScheme({
    algorithm: "sha1",
    superDigest: "super:gG7s8t3oDEtIqF6DM9LlI/R+9Ss=",
  });

  it("the check value of the reference", () => {
    expect(digestId("super:super", "sha1")).toBe("super:gG7s8t3oDEtIqF6DM9LlI/R+9Ss=");
  });

  it("hashes the whole text and takes the user from in front of the first colon", () => {
    expect(digestId("x", "sha1")).toMatch(/^x:/);
    expect(digestId("a:b:c", "sha1")).toMatch(/^a:[^:]+$/);
    expect(digestId("a:b", "sha256")).toHaveLength(2 + 44);
    expect(digestId("bob:sécret", "sha1")).not.toBe(digestId("bob:secret", "sha1"));
  });

  it("makes the super user, who keeps the digest id too", () => {
    expect(scheme.authenticate(utf8("super:super"))).toEqual({
      outcome: "accepted",
      ids: [
        { scheme: "super", id: "" },
        { scheme: "digest", id: "super:gG7s8t3oDEtIqF6DM9LlI/R+9Ss=" },
      ],
    });
    expect(scheme.authenticate(utf8("super:wrong"))).toMatchObject({ ids: [{ scheme: "digest" }] });
    expect(scheme.authenticate(null).outcome).toBe("failed");
  });

  it("valid ids have two parts once trailing empty ones are dropped", () => {
    for (const id of ["a:b", ":b", "a:b:", "a:b::"]) expect(scheme.isValid(id), id).toBe(true);
    for (const id of ["abc", "a:", "a:b:c", "", ":", "::b", "a::b"])
      expect(scheme.isValid(id), id).toBe(false);
  });
});

describe("ip", () => {
  const scheme = new IpScheme();

  it("parses both families", () => {
    expect(parseIpAddress("1.2.3.255")).toEqual(Uint8Array.of(1, 2, 3, 255));
    expect(parseIpAddress("::")).toEqual(new Uint8Array(16));
    expect(parseIpAddress("2001:db8:0:0:0:0:0:1")).toEqual(parseIpAddress("2001:db8::1"));
    expect(parseIpAddress("::ffff:1.2.3.4")).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4),
    );
    expect(parseIpAddress("fe80::1%eth0")).toEqual(parseIpAddress("fe80:0:0:0:0:0:0:1"));
    expect(parseIpAddress("1::")).toEqual(parseIpAddress("1:0:0:0:0:0:0:0"));
  });

  it.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "1.2.3.-1",
    "1.2.3.x",
    "1.2.3.",
    " 1.2.3.4",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "g::",
    "1:2:3:4:5:6:7::8",
    "::1.2.3",
    "1.2.3.4::",
    "localhost",
  ])("%j is no address", (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  it("checks the bits of a prefix", () => {
    for (const good of ["1.2.3.4/0", "1.2.3.4/32", "::1/128", "::/0", "10.0.0.0/8"]) {
      expect(scheme.isValid(good), good).toBe(true);
    }
    for (const bad of ["1.2.3.4/33", "::1/129", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/a", "1.2.3.4/8/8", "/8"]) {
      expect(scheme.isValid(bad), bad).toBe(false);
    }
  });

  it("compares as many bits as the prefix has, within one family", () => {
    expect(scheme.matches("10.1.2.3", "10.1.2.3")).toBe(true);
    expect(scheme.matches("10.1.2.4", "10.1.2.3")).toBe(false);
    expect(scheme.matches("10.1.2.3", "10.0.0.0/8")).toBe(true);
    expect(scheme.matches("11.1.2.3", "10.0.0.0/8")).toBe(false);
    expect(scheme.matches("10.1.2.3", "10.1.2.0/30")).toBe(true);
    expect(scheme.matches("10.1.2.4", "10.1.2.0/30")).toBe(false);
    expect(scheme.matches("2001:db8:0:0:0:0:0:1", "2001:db8::/32")).toBe(true);
    expect(scheme.matches("2001:db9:0:0:0:0:0:1", "2001:db8::/32")).toBe(false);
    expect(scheme.matches("10.1.2.3", "::/0")).toBe(false);
    expect(scheme.matches("anything", "0.0.0.0/0")).toBe(false);
  });

  it("agrees with 32-bit arithmetic for every prefix length", () => {
    const address = 0xdeadbeef;
    const toBytes = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
    for (let bits = 0; bits <= 32; bits++) {
      for (let flip = 0; flip < 32; flip++) {
        const other = (address ^ (1 << (31 - flip))) >>> 0;
        expect(isInPrefix(toBytes(other), { bytes: toBytes(address), bits })).toBe(flip >= bits);
      }
    }
    expect(parseIpPrefix("1.2.3.4")!.bits).toBe(32);
  });

  it("gives every connection its address, from the start and on request", () => {
    const ids = [{ scheme: "ip", id: "10.1.2.3" }];
    expect(scheme.idsAtAccept(PEER)).toEqual(ids);
    expect(scheme.authenticate(utf8("x"), PEER)).toEqual({ outcome: "accepted", ids });
  });
});

describe("x509", () => {
  const subject = "CN=bob,OU=x\\,y,O=Example";
  const peer: AuthPeer = { peerAddress: "::1", certificateSubject: subject };

  it("takes the subject of the certificate", () => {
    const scheme = new X509Scheme(undefined);
    expect(scheme.idsAtAccept(peer)).toEqual([{ scheme: "x509", id: subject }]);
    expect(scheme.idsAtAccept(PEER)).toEqual([]);
    expect(scheme.authenticate(null, PEER).outcome).toBe("failed");
    expect(scheme.authenticate(null, peer).outcome).toBe("accepted");
  });

  it("knows its super user", () => {
    const scheme = new X509Scheme(subject);
    expect(scheme.idsAtAccept(peer)).toEqual([
      { scheme: "super", id: subject },
      { scheme: "x509", id: subject },
    ]);
    expect(scheme.matches(subject, "CN=other")).toBe(true);
    expect(scheme.matches("CN=other", subject)).toBe(false);
  });

  it("checks that an ACL id is a distinguished name", () => {
    for (const good of [
      "CN=a",
      "CN=a,O=b",
      "cn = a + ou = b; c = d",
      'CN="a, b"',
      "2.5.4.3=x",
      "CN=#04024869",
      "",
      "CN=",
    ]) {
      expect(isDistinguishedName(good), good).toBe(true);
    }
    for (const bad of ["bob", "=x", "CN=a,", "CN=a,b", "CN=<x>", "1.=x", 'CN="a']) {
      expect(isDistinguishedName(bad), bad).toBe(false);
    }
  });
});

describe("sasl", () => {
  const scheme = new SaslScheme({ superUsers: ["admin"], letAnySaslUserDoX: "everybody" });

  it("valid ids", () => {
    for (const good of ["bob", "bob/host", "bob@REALM", "bob/host@REALM"])
      expect(scheme.isValid(good)).toBe(true);
    for (const bad of ["a@b@c", "a/b/c@d"]) expect(scheme.isValid(bad)).toBe(false);
  });

  it("matches", () => {
    expect(scheme.matches("bob", "bob")).toBe(true);
    expect(scheme.matches("bob", "al")).toBe(false);
    expect(scheme.matches("super", "al")).toBe(true);
    expect(scheme.matches("bob", "everybody")).toBe(true);
    expect(new SaslScheme({ superUsers: [], letAnySaslUserDoX: undefined }).matches("a", "b")).toBe(false);
  });

  it("does not take auth packets, and makes ids of proven names", () => {
    expect(scheme.authenticate().outcome).toBe("failed");
    expect(scheme.idsOfUser("bob")).toEqual([{ scheme: "sasl", id: "bob" }]);
    expect(scheme.idsOfUser("admin").map((id) => id.scheme)).toEqual(["super", "sasl"]);
  });
});

describe("ensemble", () => {
  const counters = () => ({ ensemble_auth_success: 0, ensemble_auth_fail: 0, ensemble_auth_skip: 0 });

  it("closes the connection of one who means another ensemble", () => {
    const counts = counters();
    const scheme = new EnsembleScheme(["blue", "green"], counts);
    expect(scheme.authenticate(utf8("green")).outcome).toBe("accepted");
    expect(scheme.authenticate(utf8("red")).outcome).toBe("closed");
    expect(scheme.authenticate(utf8("")).outcome).toBe("accepted");
    expect(scheme.authenticate(null).outcome).toBe("accepted");
    expect(counts).toEqual({ ensemble_auth_success: 1, ensemble_auth_fail: 1, ensemble_auth_skip: 2 });
    expect(scheme.isValid()).toBe(false);
    expect(scheme.matches()).toBe(false);
  });

  it("accepts every name when it knows none", () => {
    expect(new EnsembleScheme([], counters()).authenticate(utf8("red")).outcome).toBe("accepted");
  });
});
