import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type TlsOptions } from "../../../src/client/index.ts";
import { freePort, type Subject, startSubject } from "../../support/apache.ts";
import { REPOSITORY } from "../support/peers.ts";

/** Certificates and stores that the Java server and our client both take, made by openssl. */
class Certificates {
  readonly directory = mkdtempSync(join(tmpdir(), "client-tls-"));

  constructor() {
    const authority = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test Authority"];
    this.openssl("req", ...authority, "-keyout", this.path("ca.key"), "-out", this.path("ca.pem"));
    this.issue("server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    this.issue("client", "subjectAltName=DNS:client.test");
    this.bundle("server");
    this.bundle("client");
    const trust = ["-importcert", "-noprompt", "-alias", "ca", "-file", this.path("ca.pem")];
    execFileSync(
      "keytool",
      [...trust, "-keystore", this.path("trust.p12"), "-storetype", "PKCS12", "-storepass", "secret"],
      {
        stdio: "ignore",
      },
    );
  }

  /** The client's certificate and the authority's, in stores as keytool makes them. */
  javaStores(type: "JKS" | "PKCS12"): { keyStore: Buffer; trustStore: Buffer } {
    const [own, trust] = [this.path(`own.${type}`), this.path(`trust.${type}`)];
    for (const path of [own, trust]) rmSync(path, { force: true });
    const to = ["-storetype", type, "-storepass", "secret"];
    const from = [
      "-srckeystore",
      this.path("client.p12"),
      "-srcstoretype",
      "PKCS12",
      "-srcstorepass",
      "secret",
    ];
    const into = [
      "-destkeystore",
      own,
      "-deststoretype",
      type,
      "-deststorepass",
      "secret",
      "-destkeypass",
      "secret",
    ];
    execFileSync("keytool", ["-importkeystore", "-noprompt", ...from, ...into], { stdio: "ignore" });
    const certificate = ["-importcert", "-noprompt", "-alias", "ca", "-file", this.path("ca.pem")];
    execFileSync("keytool", [...certificate, "-keystore", trust, ...to], { stdio: "ignore" });
    return { keyStore: readFileSync(own), trustStore: readFileSync(trust) };
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: "ignore" });
  }

  issue(name: string, extension: string): void {
    const request = ["-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`];
    this.openssl("req", ...request, "-keyout", this.path(`${name}.key`), "-out", this.path(`${name}.csr`));
    writeFileSync(this.path(`${name}.ext`), extension);
    const signer = [
      "-CA",
      this.path("ca.pem"),
      "-CAkey",
      this.path("ca.key"),
      "-CAcreateserial",
      "-days",
      "2",
    ];
    const files = ["-in", this.path(`${name}.csr`), "-extfile", this.path(`${name}.ext`)];
    this.openssl("x509", "-req", ...files, ...signer, "-out", this.path(`${name}.pem`));
  }

  bundle(name: string): void {
    const files = ["-in", this.path(`${name}.pem`), "-inkey", this.path(`${name}.key`)];
    this.openssl("pkcs12", "-export", ...files, "-out", this.path(`${name}.p12`), "-passout", "pass:secret");
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

describe("TLS to Apache 3.9 (Netty)", () => {
  let certificates: Certificates;
  let server: Subject;
  let securePort = 0;

  beforeAll(async () => {
    certificates = new Certificates();
    securePort = await freePort();
    server = await startSubject("apache-3.9", {
      config: {
        secureClientPort: securePort,
        serverCnxnFactory: "org.apache.zookeeper.server.NettyServerCnxnFactory",
        "ssl.keyStore.location": certificates.path("server.p12"),
        "ssl.keyStore.password": "secret",
        "ssl.keyStore.type": "PKCS12",
        "ssl.trustStore.location": certificates.path("trust.p12"),
        "ssl.trustStore.password": "secret",
        "ssl.trustStore.type": "PKCS12",
        "ssl.clientAuth": "need",
        "authProvider.x509": "org.apache.zookeeper.server.auth.X509AuthenticationProvider",
      },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    certificates?.dispose();
  });

  const secure = (tls: TlsOptions, host = "localhost", connectDeadlineMs = 4000) =>
    connect(`${host}:${securePort}`, { tls, connectDeadlineMs });

  it("with PEM: the certificate becomes the identity", async () => {
    const { ca, cert, key } = {
      ca: certificates.read("ca.pem"),
      cert: certificates.read("client.pem"),
      key: certificates.read("client.key"),
    };
    await using zk = await secure({ ca, cert, key });
    expect(await zk.whoAmI()).toContainEqual({ scheme: "x509", user: "CN=client" });
    const { path } = await zk.create("/tls", { data: new Uint8Array(500_000), mode: "ephemeral" });
    expect((await zk.get(path)).data).toHaveLength(500_000);
  });

  it("with PKCS#12, to an IP address", async () => {
    const tls = {
      ca: certificates.read("ca.pem"),
      pfx: certificates.read("client.p12"),
      passphrase: "secret",
    };
    await using zk = await secure(tls, "127.0.0.1");
    expect(await zk.exists("/")).not.toBeNull();
  });

  it.each(["JKS", "PKCS12"] as const)("with Java's stores of type %s", async (type) => {
    const stores = certificates.javaStores(type);
    const tls = { ...stores, passphrase: "secret", trustStorePassphrase: "secret" };
    await using zk = await secure(tls);
    expect(await zk.whoAmI()).toContainEqual({ scheme: "x509", user: "CN=client" });
    const broken = (changes: TlsOptions) => secure({ ...tls, ...changes }, "localhost", 1000);
    await expect(broken({ passphrase: "wrong" })).rejects.toMatchObject({
      kind: "tls",
      message: expect.stringMatching(/the key store cannot be read: .*[Pp]assword/),
    });
    await expect(broken({ trustStore: Buffer.from("no store") })).rejects.toMatchObject({
      kind: "tls",
      message: expect.stringMatching(/the trust store cannot be read: it is neither JKS nor PKCS#12/),
    });
  });

  it("from the shell, with the properties that Java's client takes", () => {
    certificates.javaStores("JKS");
    const stores = [
      ...[
        `keyStore.location=${certificates.path("own.JKS")}`,
        "keyStore.password=secret",
        "keyStore.type=JKS",
      ],
      ...[`trustStore.location=${certificates.path("trust.JKS")}`, "trustStore.type=JKS"],
    ].map((property) => `-Dzookeeper.ssl.${property}`);
    const env = { ...process.env, CLIENT_JVMFLAGS: ["-Dzookeeper.client.secure=true", ...stores].join(" ") };
    const shell = join(REPOSITORY, "dist/bin/zk-cli.cjs");
    const words = [shell, "-server", `localhost:${securePort}`, "ls", "/"];
    expect(execFileSync(process.execPath, words, { env, encoding: "utf8" })).toContain("[zookeeper]");
  });

  it("refuses a server of an unknown authority, and one with another name", async () => {
    const pfx = { pfx: certificates.read("client.p12"), passphrase: "secret" };
    await expect(secure(pfx)).rejects.toMatchObject({ kind: "tls" });
    const wrongName = { ...pfx, ca: certificates.read("ca.pem"), servername: "other.test" };
    await expect(secure(wrongName)).rejects.toMatchObject({ kind: "tls" });
    await using zk = await secure({ ...wrongName, server: "anyName" });
    expect(zk.state).toBe("connected");
  });

  it("says so when the server wants a certificate and there is none", async () => {
    const error = await secure({ ca: certificates.read("ca.pem") }).catch((e) => e);
    expect(error).toMatchObject({ name: "ConnectionError" });
  });

  it("says so when it speaks plainly to the secure port", async () => {
    const error = await connect(`127.0.0.1:${securePort}`, { connectDeadlineMs: 2000 }).catch((e) => e);
    expect(error).toMatchObject({ name: "ConnectionError" });
    expect(error.message).toMatch(/TLS/);
  });
});

describe("SASL DIGEST-MD5 to Apache 3.8", () => {
  const directory = mkdtempSync(join(tmpdir(), "client-sasl-"));
  let server: Subject;

  beforeAll(async () => {
    const jaas = join(directory, "jaas.conf");
    writeFileSync(
      jaas,
      'Server {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n  user_bob="bobsecret" user_super="adminsecret";\n};\n',
    );
    server = await startSubject("apache-3.8", {
      config: { "authProvider.1": "org.apache.zookeeper.server.auth.SASLAuthenticationProvider" },
      systemProperties: { "java.security.auth.login.config": jaas },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  const as = (username: string, password: string) =>
    connect(server.address, {
      sasl: { mechanism: "DIGEST-MD5", username, password },
      connectDeadlineMs: 5000,
    });

  it("authenticates before the first call, and again after a loss", async () => {
    await using zk = await as("bob", "bobsecret");
    expect(await zk.whoAmI()).toContainEqual({ scheme: "sasl", user: "bob" });
    await zk.create("/bobs", { acl: [{ perms: 31, id: { scheme: "sasl", id: "bob" } }] });
    await using stranger = await connect(server.address);
    await expect(stranger.get("/bobs")).rejects.toMatchObject({ code: "NOAUTH" });
    const suspended = zk.when("suspended");
    await server.stop();
    await suspended;
    await server.start();
    expect((await zk.get("/bobs")).stat.version).toBe(0);
  });

  it("ends with a reason when the password is wrong", async () => {
    await expect(as("bob", "wrong")).rejects.toMatchObject({ name: "AuthFailedError", retryable: false });
  });
});
