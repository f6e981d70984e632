/** Four-letter words and the HTTP admin server. */
export interface AdminConfig {
  /**
   * `4lw.commands.whitelist`: the words that may run; `*` stands for all. `srvr` is always in it, `isro` when read-only
   * mode is on (operations 1.2).
   */
  readonly fourLetterWords: readonly string[];
  /** `admin.enableServer`. */
  readonly isEnabled: boolean;
  /** `admin.serverAddress`. */
  readonly address: string;
  /** `admin.serverPort`; 0 lets the system choose. */
  readonly port: number;
  /** `admin.commandURL`: begins with a slash. */
  readonly commandUrl: string;
  /** `admin.idleTimeout`. */
  readonly idleTimeoutMs: number;
  readonly isPortUnified: boolean;
  readonly forcesHttps: boolean;
  readonly needsClientAuth: boolean;
  /** `admin.rateLimiterIntervalInMS`: between two snapshot (or restore) commands. */
  readonly rateLimiterIntervalMs: number;
  readonly allowsSnapshot: boolean;
  readonly allowsRestore: boolean;
}

/** Where numbers go besides `mntr` and the admin commands. */
export interface MetricsConfig {
  /** `metricsProvider.className`, mapped: `default` keeps numbers for `mntr`, `prometheus` also exports them. */
  readonly provider: "default" | "prometheus" | "null";
  /** `metricsProvider.httpHost`. */
  readonly httpHost: string;
  /** `metricsProvider.httpPort`: null means no plain exporter. */
  readonly httpPort: number | null;
  /** `metricsProvider.httpsPort`. */
  readonly httpsPort: number | null;
  /** `metricsProvider.exportJvmInfo`. */
  readonly exportsProcess: boolean;
  /** `metricsProvider.prometheusMetricsSummaryRotateIntervalSeconds`. */
  readonly summaryRotateIntervalMs: number;
  readonly keyStoreLocation: string | null;
  readonly keyStorePassword: string;
  readonly keyStoreType: string | null;
  readonly trustStoreLocation: string | null;
  readonly trustStorePassword: string;
  readonly trustStoreType: string | null;
  readonly needsClientAuth: boolean;
  readonly wantsClientAuth: boolean;
  readonly enabledProtocols: readonly string[];
  readonly cipherSuites: readonly string[];
  /** `pathStats.*`: the top paths by operation. */
  readonly pathStats: PathStatsConfig;
}

export interface PathStatsConfig {
  readonly isEnabled: boolean;
  readonly slotCapacity: number;
  readonly slotDurationMs: number;
  readonly depthMax: number;
  /** 0..1. */
  readonly sampleRate: number;
  readonly initialDelayMs: number;
  readonly delayMs: number;
  readonly topPathsMax: number;
}

/** The audit log (operations 4.1). */
export interface AuditConfig {
  /** `audit.enable`. */
  readonly isEnabled: boolean;
}

/** What the process says about itself. */
export interface LogConfig {
  /** `zookeeper.log.dir`; null: only the console. */
  readonly directory: string | null;
  /** `zookeeper.log.file`: name in `directory`. */
  readonly file: string;
  /** `zookeeper.log.threshold`, `zookeeper.console.threshold`: the lower of the two. */
  readonly level: "debug" | "info" | "warn" | "error" | "fatal";
  /** `log.format`: lines for people, or one JSON object per line. */
  readonly format: "text" | "json";
  /** `jvm.pause.monitor`: watch for event-loop stalls. */
  readonly watchesStalls: boolean;
  /** `jvm.pause.sleep.time.ms`. */
  readonly stallSampleMs: number;
  /** `jvm.pause.info-threshold.ms`. */
  readonly stallInfoMs: number;
  /** `jvm.pause.warn-threshold.ms`. */
  readonly stallWarnMs: number;
}
