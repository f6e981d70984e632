import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/base/prng.ts";
import { createDigestMd5 } from "../../../src/client/digest-md5.ts";

const md5 = (bytes: Uint8Array): Uint8Array => createHash("md5").update(bytes).digest();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const exchange = (username: string, password: string, cnonce?: string) =>
  createDigestMd5({ mechanism: "DIGEST-MD5", username, password }, md5, createPrng(1), cnonce);

const CNONCE = "OA6MHXh6VqTrRk";
/** From the exchanges G49 and G50 of client-protocol 14, recorded with Apache's Java client and server 3.8.0. */
const G50_CHALLENGE =
  'realm="zk-sasl-md5",nonce="n8XayTJcZ/wQreBXLRhytjm6YD56crfcRl102RlP",charset=utf-8,algorithm=md5-sess';
const G50_RESPONSE =
  'charset=utf-8,username="super",realm="zk-sasl-md5",nonce="n8XayTJcZ/wQreBXLRhytjm6YD56crfcRl102RlP",nc=00000001,' +
  'cnonce="OA6MHXh6VqTrRk",digest-uri="zookeeper/zk-sasl-md5",maxbuf=65536,' +
  "response=6da9c81579234e31fc38567e6fed7bfb,qop=auth";

describe("SASL DIGEST-MD5", () => {
  it("says what Java's client says (G50)", () => {
    const sasl = exchange("super", "adminsecret", CNONCE);
    expect(sasl.initial).toHaveLength(0);
    const response = sasl.respond(bytes(G50_CHALLENGE)) as Uint8Array;
    expect(new TextDecoder().decode(response)).toBe(G50_RESPONSE);
  });

  it("accepts the server's proof of G50, and no other", () => {
    const sasl = exchange("super", "adminsecret", CNONCE);
    sasl.respond(bytes(G50_CHALLENGE));
    expect(sasl.respond(bytes("rspauth=94411b2f34ffcf5facfbb21f905ab3ef"))).toBeUndefined();
    const other = exchange("super", "wrong", CNONCE);
    other.respond(bytes(G50_CHALLENGE));
    expect(other.respond(bytes("rspauth=94411b2f34ffcf5facfbb21f905ab3ef"))).toMatchObject({
      message: expect.stringMatching(/does not know the password/),
    });
  });

  it("uses a new cnonce each time", () => {
    const text = (n: number): string => {
      const sasl = createDigestMd5(
        { mechanism: "DIGEST-MD5", username: "u", password: "p" },
        md5,
        createPrng(n),
      );
      return new TextDecoder().decode(sasl.respond(bytes(G50_CHALLENGE)) as Uint8Array);
    };
    expect(text(1)).not.toBe(text(2));
  });

  it("escapes quotes in names", () => {
    const response = exchange('a"b\\', "p", CNONCE).respond(bytes(G50_CHALLENGE)) as Uint8Array;
    expect(new TextDecoder().decode(response)).toContain('username="a\\"b\\\\"');
  });

  it.each(["", "realm=x", 'nonce="a",algorithm=md5'])("refuses the challenge %j", (challenge) => {
    expect(exchange("u", "p").respond(bytes(challenge))).toBeInstanceOf(Error);
  });
});
