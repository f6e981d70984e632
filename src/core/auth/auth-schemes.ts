import type { AuthOptions } from "../pipeline/server-options.ts";
import type { AuthScheme } from "./auth-scheme.ts";
import { DigestScheme } from "./digest-scheme.ts";
import { type EnsembleAuthCounters, EnsembleScheme } from "./ensemble-scheme.ts";
import { IpScheme } from "./ip-scheme.ts";
import { SaslScheme } from "./sasl-scheme.ts";
import { X509Scheme } from "./x509-scheme.ts";

/** The schemes of a server with these options; `ip` is always there, `world` needs none. */
export function authSchemes(options: AuthOptions, counters: EnsembleAuthCounters): readonly AuthScheme[] {
  const schemes: AuthScheme[] = [new IpScheme()];
  if (options.digestEnabled) {
    schemes.push(new DigestScheme({ algorithm: options.digestAlgorithm, superDigest: options.superDigest }));
  }
  if (options.x509Enabled) schemes.push(new X509Scheme(options.x509SuperUser));
  if (options.saslEnabled) {
    schemes.push(
      new SaslScheme({ superUsers: options.saslSuperUsers, letAnySaslUserDoX: options.letAnySaslUserDoX }),
    );
  }
  if (options.ensembleAuthEnabled) schemes.push(new EnsembleScheme(options.ensembleNames, counters));
  return schemes;
}
