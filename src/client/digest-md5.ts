import { Buffer } from "node:buffer";
import type { Rng } from "../base/ports.ts";
import type { SaslExchange } from "./machine/sasl-exchange.ts";
import type { SaslOptions } from "./options.ts";

/** Fixed names of ZooKeeper's servers (client-protocol 6.6). */
const DIGEST_URI = "zookeeper/zk-sasl-md5";
const NONCE_COUNT = "00000001";
const CNONCE_BYTES = 24;

type Md5 = (bytes: Uint8Array) => Uint8Array;

/**
 * SASL DIGEST-MD5 (RFC 2831) as the client: waits for the challenge, answers it, and checks that the server knows the password
 * too. `cnonce` is random but in tests.
 */
export function createDigestMd5(
  { username, password }: SaslOptions,
  md5: Md5,
  rng: Rng,
  cnonce: string = Buffer.from(rng.bytes(CNONCE_BYTES)).toString("base64"),
): SaslExchange {
  let expected: string | undefined;
  return {
    initial: new Uint8Array(0),
    respond(token) {
      const fields = parseChallenge(Buffer.from(token).toString("utf8"));
      if (expected !== undefined) {
        if (fields.get("rspauth") === expected) return undefined;
        return new Error("the server's answer to the SASL exchange is wrong: it does not know the password");
      }
      const nonce = fields.get("nonce");
      if (nonce === undefined || (fields.get("algorithm") ?? "md5-sess") !== "md5-sess")
        return new Error(
          "the server's SASL challenge is not DIGEST-MD5: use the mechanism that it is configured for",
        );
      const realm = fields.get("realm") ?? "";
      const proof = new DigestProof(md5, { username, password, realm, nonce, cnonce });
      expected = proof.of("");
      return Buffer.from(
        responseText({ username, realm, nonce, cnonce, response: proof.of("AUTHENTICATE") }),
        "utf8",
      );
    },
  };
}

interface ProofFields {
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  readonly nonce: string;
  readonly cnonce: string;
}

/** The digest of both sides; they differ in the method only. */
class DigestProof {
  readonly #md5: Md5;
  readonly #fields: ProofFields;

  constructor(md5: Md5, fields: ProofFields) {
    this.#md5 = md5;
    this.#fields = fields;
  }

  of(method: "AUTHENTICATE" | ""): string {
    const { username, realm, password, nonce, cnonce } = this.#fields;
    const secret = this.#md5(Buffer.from(`${username}:${realm}:${password}`, "utf8"));
    const a1 = this.#hex(Buffer.concat([secret, Buffer.from(`:${nonce}:${cnonce}`, "utf8")]));
    const a2 = this.#hex(Buffer.from(`${method}:${DIGEST_URI}`, "utf8"));
    return this.#hex(Buffer.from(`${a1}:${nonce}:${NONCE_COUNT}:${cnonce}:auth:${a2}`, "utf8"));
  }

  #hex(bytes: Uint8Array): string {
    return Buffer.from(this.#md5(bytes)).toString("hex");
  }
}

function responseText(fields: Omit<ProofFields, "password"> & { readonly response: string }): string {
  const { username, realm, nonce, cnonce, response } = fields;
  return [
    "charset=utf-8",
    `username="${quoted(username)}"`,
    `realm="${quoted(realm)}"`,
    `nonce="${nonce}"`,
    `nc=${NONCE_COUNT}`,
    `cnonce="${cnonce}"`,
    `digest-uri="${DIGEST_URI}"`,
    "maxbuf=65536",
    `response=${response}`,
    "qop=auth",
  ].join(",");
}

function quoted(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}

/** `name=value` and `name="value"` pairs, separated by commas. */
function parseChallenge(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name = "", inQuotes, bare] of text.matchAll(/([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))/g))
    fields.set(name, inQuotes === undefined ? (bare ?? "") : inQuotes.replace(/\\(.)/g, "$1"));
  return fields;
}
