import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { clientProperties } from "../../../../src/cli/shell/client-properties.ts";

const directory = mkdtempSync(join(tmpdir(), "client-properties-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function tlsOf(...flags: string[]) {
  const given = ["-Dzookeeper.client.secure=true", ...flags.map((flag) => `-Dzookeeper.ssl.${flag}`)];
  return clientProperties(undefined, given.join(" ")).tls;
}

describe("stores of the client properties", () => {
  it("are known by their suffix, or by their type", () => {
    const [pem, p12, jks, odd] = ["a.pem", "a.p12", "a.jks", "a.store"].map((name) => file(name, name));
    const bytes = (text: string) => Buffer.from(text);
    expect(tlsOf(`trustStore.location=${pem}`)).toMatchObject({ ca: bytes("a.pem"), server: "verified" });
    expect(tlsOf(`trustStore.location=${p12}`, "trustStore.password=pw")).toMatchObject({
      trustStore: bytes("a.p12"),
      trustStorePassphrase: "pw",
    });
    const password = file("password", "from file\n");
    expect(tlsOf(`keyStore.location=${jks}`, `keyStore.passwordPath=${password}`)).toMatchObject({
      keyStore: bytes("a.jks"),
      passphrase: "from file",
    });
    expect(tlsOf(`keyStore.location=${p12}`, "keyStore.password=pw")).toMatchObject({
      pfx: bytes("a.p12"),
      passphrase: "pw",
    });
    expect(tlsOf(`keyStore.location=${odd}`, "keyStore.type=jks")).toMatchObject({
      keyStore: bytes("a.store"),
    });
    expect(tlsOf(`keyStore.location=${odd}`, "keyStore.type=PEM")).toMatchObject({ key: bytes("a.store") });
    expect(() => tlsOf(`keyStore.location=${odd}`)).toThrow(/PEM, PKCS12 or JKS/);
    expect(() => tlsOf(`trustStore.location=${jks}`, "trustStore.type=BCFKS")).toThrow(/PEM, PKCS12 or JKS/);
  });
});
