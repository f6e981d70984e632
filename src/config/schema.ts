import type { Option } from "./option.ts";
import { authOptions, authSwitches } from "./schema/auth-options.ts";
import { clientsOptions, throttleOptions } from "./schema/clients-options.ts";
import { ensembleOptions } from "./schema/ensemble-options.ts";
import {
  multiAddressOptions,
  observersPersistOptions,
  quorumSaslOptions,
} from "./schema/ensemble-parts-options.ts";
import { filesOptions } from "./schema/files-options.ts";
import { metricsOptions, pathStatsOptions } from "./schema/metrics-options.ts";
import { adminOptions, auditOptions, logOptions, logThresholds } from "./schema/operator-options.ts";
import { requestsOptions } from "./schema/requests-options.ts";
import { sessionsOptions } from "./schema/sessions-options.ts";
import { storageOptions } from "./schema/storage-options.ts";
import { clientTlsOptions, quorumTlsOptions, tlsOptions } from "./schema/tls-options.ts";
import { treeOptions } from "./schema/tree-options.ts";

/**
 * The one table of options. Each section lists, for every field of a section of {@link import("./config.ts").Config}, the key
 * that fills it; `docs/configuration.md` is generated from it. Keys that are taken without effect are in
 * `schema/no-effect-options.ts`.
 */
export const schema = {
  files: filesOptions,
  clients: clientsOptions,
  throttle: throttleOptions,
  sessions: sessionsOptions,
  requests: requestsOptions,
  storage: storageOptions,
  tree: treeOptions,
  auth: authOptions,
  authSwitches,
  clientTls: clientTlsOptions,
  quorumTls: quorumTlsOptions,
  tls: tlsOptions,
  admin: adminOptions,
  metrics: metricsOptions,
  pathStats: pathStatsOptions,
  audit: auditOptions,
  log: logOptions,
  logThresholds,
  ensemble: ensembleOptions,
  observersPersist: observersPersistOptions,
  multiAddress: multiAddressOptions,
  quorumSasl: quorumSaslOptions,
} as const;

/** All rows, in the order of the sections. */
export function allOptions(): Option<unknown>[] {
  return Object.values(schema).flatMap((section) => Object.values(section) as Option<unknown>[]);
}
