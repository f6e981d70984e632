import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { withJavaStores } from "../../../src/transport/java-key-store.ts";

/** `keytool -genkeypair -keyalg EC -dname CN=ec -storetype JKS`, password `secret`. */
const KEY_STORE = Buffer.from(
  [
    "/u3+7QAAAAIAAAABAAAAAQACZWMAAAGiIgl12QAAAH8wfTAOBgorBgEEASoCEQEBBQAEa+w+XL4cRBdotSN7h3GyMaP9mPR1",
    "za9KMtvIB+/8dynXorYlST3EP1OuMBU0RGeXFMPyBCh2M9T/f3xC6Eu3yiFkh/Tz0v+D7UCcfhM9jDX4IwXa0onqyeuTuumj",
    "qBZMyj/i1RjjQ5IfklmBAAAAAQAFWC41MDkAAAE1MIIBMTCB2KADAgECAgkAgiSn7yheyQEwCgYIKoZIzj0EAwIwDTELMAkG",
    "A1UEAxMCZWMwHhcNMjYxMTI4MTIwMjU0WhcNMjcwMjI2MTIwMjU0WjANMQswCQYDVQQDEwJlYzBZMBMGByqGSM49AgEGCCqG",
    "SM49AwEHA0IABCvavva5MOMCG6/JGRe7uCn4XPCDD0GhnuQXimW/+xDxs6RPtVKRMtKFLY8KBXl9blstzG3u3rTOG7hAPqMi",
    "JROjITAfMB0GA1UdDgQWBBStckvLZv1I6BgGin61UV6s38/uuDAKBggqhkjOPQQDAgNIADBFAiA5+7HUBF+s8u7P8BEeooAq",
    "gr263PX7Ik3HAfxFZnXR5wIhAPQvAPdF5rXtyIhp4GrtE3PHVJVEgKPDDgRdcjWOZKhEYugsPLk0zWRBqsazICxEluLPDI0=",
  ].join(""),
  "base64",
);

/** One certificate, CN=me, as `keytool -importcert -storetype JKS` keeps it, password `secret`. */
const TRUST_STORE = Buffer.from(
  [
    "/u3+7QAAAAIAAAABAAAAAgACY2EAAAGiIgl9BwAFWC41MDkAAALBMIICvTCCAaWgAwIBAgIICr/inKHAx4AwDQYJKoZIhvcN",
    "AQELBQAwDTELMAkGA1UEAxMCbWUwHhcNMjYxMTI4MTIwMjUyWhcNMjcwMjI2MTIwMjUyWjANMQswCQYDVQQDEwJtZTCCASIw",
    "DQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALFxe43Cn5xLdrOE2EG97QWFLOxFwe+QnMoTVvXh2YoTTMhSGxNAvA6Ersbi",
    "188aQUcbWZ70b2cTJH/09vyKMouOGmJcyG6FN5SLrblK3tfxIe04zsHo9uYEdocoo38vha2ES1VpixD6TWELYzdzvGglT8uT",
    "BRguAcNan3nnINQ4pem0bWPJN7Hhvtko1LBMglAwdAsSxJ8i7ehqMq3+rT1l0VQqIxQHzH+MFa6DDj63YaYytXtl3CCqgBvR",
    "GspimqUnmBHb9f/KUvPInNW0dmQ1QgU1xzV/zqgB1J0cHqt1Cz1vBXu1XBcKkz8gXNTDM3BmqOQFwCxjzoLHq8Fo25MCAwEA",
    "AaMhMB8wHQYDVR0OBBYEFFs6RTMSruEHuVy1FQXQA/lLOiPeMA0GCSqGSIb3DQEBCwUAA4IBAQAJOOdfWnqXldIp0SKrCSuX",
    "uxtTvwqFbn+Zfw4W8S0K3LVpjTrIML12HCwH6j+DD7RgRNxOI+p7OY+VEbCV9VSszKmhBabYQ0Wv4HNlZ3uQnZ0NNB3e6ew5",
    "S8Fo8td7NU0Om3HclFkQVVaP+fAX9eqwbYRrcM+6cyEgpoccHPpqK7fSSYjozBO/4+VYITVy6jDTIm+CiWtwko4DC7+t7zv7",
    "wMwJzDS+VjS3S4N9GE60qiVy/ts8AbSMerikYI/lyZ5Fz+WLJEDLHvBEbZw1oqc1KdfnXkRSzUMJBue2ZovRyQTeYuoKBdzE",
    "OTb3fmMEFxsJhD2ZcYDfGJ1vjXT+Kb+bzG3RLJK048hiERWwva+gQ6f3XbY=",
  ].join(""),
  "base64",
);

describe("Java's stores", () => {
  it("become what node:tls takes, beside the other options", async () => {
    const tls = { minVersion: "TLSv1.3", ca: "PEM", passphrase: "secret" } as const;
    const options = await withJavaStores({
      ...tls,
      keyStore: KEY_STORE,
      trustStore: TRUST_STORE,
      trustStorePassphrase: "secret",
    });
    expect(createPrivateKey(options.key as string).asymmetricKeyType).toBe("ec");
    expect(new X509Certificate(options.cert as string).subject).toBe("CN=ec");
    const [first, trusted] = options.ca as string[];
    expect(first).toBe("PEM");
    expect(new X509Certificate(trusted!).subject).toBe("CN=me");
    expect(options).toMatchObject({ minVersion: "TLSv1.3" });
    expect(Object.keys(options).sort()).toEqual(["ca", "cert", "key", "minVersion", "passphrase"]);
  });

  it("of certificates are read without a password, too", async () => {
    const options = await withJavaStores({ trustStore: TRUST_STORE });
    expect(options.ca).toHaveLength(1);
  });

  it.each([
    [{ keyStore: KEY_STORE, passphrase: "wrong" }, /key store cannot be read: Password verification failed/],
    [{ trustStore: TRUST_STORE, trustStorePassphrase: "wrong" }, /trust store cannot be read: Password/],
    [{ keyStore: TRUST_STORE, passphrase: "secret" }, /no private key/],
    [{ trustStore: KEY_STORE, trustStorePassphrase: "secret" }, /no certificate in it/],
    [{ keyStore: Buffer.from("garbage"), passphrase: "x" }, /neither JKS nor PKCS#12/],
    [{ trustStore: Buffer.alloc(0) }, /neither JKS nor PKCS#12/],
  ])("refuse what does not fit: %#", async (options, message) => {
    await expect(withJavaStores(options)).rejects.toThrow(message);
  });
});
