import type { MetricsConfig, PathStatsConfig } from "../config-operator.ts";
import { type Effect, named, type Option, type OptionsOf, passThrough } from "../option.ts";
import { className, list, orNull, ratio, secret, text } from "../text-type.ts";
import { bool, integer, optionalPort } from "../value-type.ts";

const EXPORTER: Effect = { kind: "later", feature: "the metrics exporter" };
const PATH_STATS: Effect = { kind: "later", feature: "path statistics" };

const metricsPath = (key: string, meaning: string): Option<string | null> =>
  named({
    key: `metricsProvider.ssl.${key}`,
    type: orNull(text("path")),
    default: null,
    defaultText: "unset",
    importance: "should",
    since: "3.10",
    meaning,
    effect: EXPORTER,
  });

const metricsSecret = (key: string, meaning: string): Option<string> =>
  named({
    key: `metricsProvider.ssl.${key}`,
    type: secret(),
    default: "",
    defaultText: '""',
    importance: "should",
    since: "3.10",
    meaning,
    effect: EXPORTER,
  });

/** Where numbers go besides `mntr` and the admin commands. */
export const metricsOptions: OptionsOf<Omit<MetricsConfig, "pathStats">> = {
  provider: named<"default" | "prometheus" | "null">({
    key: "metricsProvider.className",
    type: className(
      {
        "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider": "default",
        "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider": "prometheus",
        "org.apache.zookeeper.metrics.impl.NullMetricsProvider": "null",
      },
      "metrics provider class was not found",
    ),
    default: "default",
    defaultText: "DefaultMetricsProvider",
    importance: "must",
    since: "3.6",
    meaning: "Keep the numbers for `mntr` only, or export them to Prometheus too.",
    effect: EXPORTER,
  }),
  httpHost: named({
    key: "metricsProvider.httpHost",
    type: text("host"),
    default: "0.0.0.0",
    importance: "must",
    since: "3.8",
    meaning: "The address the exporter listens on.",
    effect: EXPORTER,
  }),
  httpPort: named({
    key: "metricsProvider.httpPort",
    type: optionalPort(),
    default: null,
    defaultText: "unset",
    importance: "must",
    since: "3.6",
    meaning:
      "The port the exporter listens on; this or `httpsPort` is required with the Prometheus provider.",
    effect: EXPORTER,
  }),
  httpsPort: named({
    key: "metricsProvider.httpsPort",
    type: optionalPort(),
    default: null,
    defaultText: "unset",
    importance: "should",
    since: "3.10",
    meaning: "The same over TLS.",
    effect: EXPORTER,
  }),
  exportsProcess: named({
    key: "metricsProvider.exportJvmInfo",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.6",
    meaning: "Export the series `jvm_*` and `process_*` too.",
    effect: EXPORTER,
  }),
  summaryRotateIntervalMs: named({
    key: "metricsProvider.prometheusMetricsSummaryRotateIntervalSeconds",
    type: integer("s", { min: 1, scale: 1000 }),
    default: 60_000,
    defaultText: "60",
    importance: "should",
    since: "3.10",
    meaning: "How often quantiles are refreshed.",
    effect: EXPORTER,
  }),
  keyStoreLocation: metricsPath("keyStore.location", "Key and certificate of the exporter."),
  keyStorePassword: metricsSecret("keyStore.password", "Password of that store."),
  keyStoreType: metricsPath("keyStore.type", "Format of that store."),
  trustStoreLocation: metricsPath("trustStore.location", "Issuers the exporter accepts."),
  trustStorePassword: metricsSecret("trustStore.password", "Password of that store."),
  trustStoreType: metricsPath("trustStore.type", "Format of that store."),
  needsClientAuth: named({
    key: "metricsProvider.ssl.need.client.auth",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.10",
    meaning: "Scrapers must show a certificate.",
    effect: EXPORTER,
  }),
  wantsClientAuth: named({
    key: "metricsProvider.ssl.want.client.auth",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.10",
    meaning: "Scrapers are asked for a certificate.",
    effect: EXPORTER,
  }),
  enabledProtocols: named({
    key: "metricsProvider.ssl.enabledProtocols",
    type: list(),
    default: [],
    defaultText: "the library's",
    importance: "rarely",
    since: "3.10",
    meaning: "Protocols of the exporter.",
    effect: EXPORTER,
  }),
  cipherSuites: named({
    key: "metricsProvider.ssl.ciphersuites",
    type: list(),
    default: [],
    defaultText: "the library's",
    importance: "rarely",
    since: "3.10",
    meaning: "Cipher suites of the exporter.",
    effect: EXPORTER,
  }),
};

function pathStat<T>(
  key: string,
  type: Option<T>["type"],
  value: T,
  meaning: string,
  defaultText?: string,
): Option<T> {
  const row = passThrough<unknown>({
    key: `pathStats.${key}`,
    type,
    default: value,
    importance: "rarely",
    since: "3.6",
    meaning,
    effect: PATH_STATS,
    ...(defaultText === undefined ? {} : { defaultText }),
  });
  return row as Option<T>;
}

/** Which paths are asked for most. */
export const pathStatsOptions: OptionsOf<PathStatsConfig> = {
  isEnabled: pathStat("enabled", bool(), false, "Keep statistics of the top paths."),
  slotCapacity: pathStat("slotCapacity", integer("slots", { min: 1 }), 60, "Slots kept."),
  slotDurationMs: pathStat(
    "slotDuration",
    integer("s", { min: 1, scale: 1000 }),
    15_000,
    "Length of a slot.",
    "15",
  ),
  depthMax: pathStat("maxDepth", integer("levels", { min: 1 }), 6, "Paths are cut at this depth."),
  sampleRate: pathStat("sampleRate", ratio(0, 1), 0.1, "Share of requests that are counted."),
  initialDelayMs: pathStat(
    "initialDelay",
    integer("min", { min: 0, scale: 60_000 }),
    300_000,
    "First report.",
    "5",
  ),
  delayMs: pathStat(
    "delay",
    integer("min", { min: 1, scale: 60_000 }),
    300_000,
    "Pause between reports.",
    "5",
  ),
  topPathsMax: pathStat("topPathMax", integer("paths", { min: 1 }), 20, "Paths per report."),
};
