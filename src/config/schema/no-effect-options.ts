import type { Importance } from "../option.ts";

/** A key that is taken from every configuration without a word, because it tunes something we do not have. */
export interface NoEffectOption {
  readonly key: string;
  /** Other names: unprefixed system properties, labels of Apache's guide. */
  readonly aliases?: readonly string[];
  /** False for the keys Apache parses itself; they are no system properties. */
  readonly isNamed?: true;
  readonly importance: Importance;
  readonly since: string;
  readonly meaning: string;
  readonly reason: string;
}

const THREADS = "one thread does this work here";
const JAVA = "a matter of the JVM";
const NETTY = "there is one kind of connection here";
const TEST_HOOK = "a test hook of Apache's own tests";
const KERBEROS = "a matter of Java's Kerberos login";
const WATCHES = "there is one watch manager here, and it needs no tuning";
const PIPELINE = "the request pipeline here has no such stage";

function row(
  importance: Importance,
  since: string,
  key: string,
  meaning: string,
  reason: string,
  more: Pick<NoEffectOption, "aliases" | "isNamed"> = {},
): NoEffectOption {
  return { key, importance, since, meaning, reason, ...more };
}

const jvm = (
  since: string,
  key: string,
  meaning: string,
  reason: string,
  ...aliases: string[]
): NoEffectOption => row("jvm-only", since, key, meaning, reason, aliases.length === 0 ? {} : { aliases });

/** Keys without effect; unlike unknown ones they cause no notice. */
export const noEffectOptions: readonly NoEffectOption[] = [
  row("should", "3.4", "serverCnxnFactory", "The class that listens: NIO or Netty.", NETTY),
  jvm("3.5", "nio.numSelectorThreads", "Selector threads.", THREADS),
  jvm("3.5", "nio.numWorkerThreads", "Worker threads.", THREADS),
  jvm("3.5", "nio.directBufferBytes", "Size of direct buffers.", THREADS),
  jvm("3.5", "nio.shutdownTimeout", "Limit for ending worker threads.", THREADS),
  jvm(
    "3.6",
    "netty.advancedFlowControl.enabled",
    "Back-pressure of the Netty factory.",
    NETTY,
    "advancedFlowControlEnabled",
  ),
  jvm("3.5", "commitProcessor.numWorkerThreads", "Worker threads of the commit processor.", THREADS),
  jvm("3.6", "commitProcessor.maxReadBatchSize", "Reads between two commits.", PIPELINE),
  jvm("3.6", "commitProcessor.maxCommitBatchSize", "Commits between two reads.", PIPELINE),
  jvm("3.5", "commitProcessor.shutdownTimeout", "Limit for ending the commit processor.", THREADS),
  jvm("3.6", "watchManagerName", "The class that keeps watches.", WATCHES),
  jvm("3.6", "watcherCleanThreadsNum", "Threads that clean up dead watchers.", WATCHES),
  jvm("3.6", "watcherCleanThreshold", "Dead watchers per cleaning.", WATCHES),
  jvm("3.6", "watcherCleanIntervalInSeconds", "Pause between cleanings.", WATCHES),
  jvm("3.6", "maxInProcessingDeadWatchers", "Bound of the cleaning backlog.", WATCHES),
  jvm("3.6", "bitHashCacheSize", "Cache of the optimized watch manager.", WATCHES),
  jvm("3.6", "intBufferStartingSizeBytes", "First size of the serializer's buffer.", JAVA),
  jvm("3.6", "audit.impl.class", "The class that writes the audit log.", JAVA),
  jvm("3.4", "jmx.log4j.disable", "Do not register log4j with JMX.", JAVA),
  jvm("3.4", "jmx.log4j.mbean", "Name of that bean.", JAVA),
  jvm("3.0", "log.maxfilesize", "Size at which Java's logger rolls its file.", JAVA),
  jvm("3.0", "log.maxbackupindex", "Files Java's logger keeps.", JAVA),
  jvm("3.0", "root.logger", "Level and appenders of Java's logger.", JAVA),
  jvm("3.6", "controllerPort", "Port of the fault-injection controller.", TEST_HOOK),
  jvm("3.7", "leader.closeSocketAsync", "Close sockets in a thread of its own.", THREADS),
  jvm("3.7", "learner.closeSocketAsync", "Close sockets in a thread of its own.", THREADS),
  jvm("3.7", "learner.asyncSending", "Send in a thread of its own.", THREADS),
  jvm(
    "3.7",
    "forward_learner_requests_to_commit_processor_disabled",
    "Keep less in memory on a learner.",
    PIPELINE,
  ),
  jvm(
    "3.7",
    "follower.skipLearnerRequestToNextProcessor",
    "Keep less in memory with observer masters.",
    PIPELINE,
  ),
  row("rarely", "3.4", "letAnySaslUserDoX", "A SASL user that may do everything.", TEST_HOOK),
  row("rarely", "3.4", "testingonly.initialZxid", "First zxid.", TEST_HOOK),
  row("rarely", "3.7", "test.allowDiscontinuousProposals", "Allow gaps between zxids.", TEST_HOOK),
  row("rarely", "3.7", "kerberos.canonicalizeHostNames", "Canonicalise the hosts of server lines.", KERBEROS),
  jvm("3.9", "kerberos.minReLoginTimeMs", "Pause between two logins.", KERBEROS),
  jvm("3.4", "requireKerberosConfig", "Fail without krb5.conf.", KERBEROS),
  jvm("3.4", "kinit", "Program that renews tickets.", KERBEROS),
  jvm("3.9", "ssl.sslProvider", "TLS library of the Netty factory.", NETTY),
  jvm("3.5.5", "ssl.context.supplier.class", "A class that makes the TLS context.", JAVA),
  jvm("3.5.5", "ssl.quorum.context.supplier.class", "A class that makes the TLS context.", JAVA),
  jvm("3.6", "admin.httpVersion", "Version number of Jetty's HTTP.", "the admin server speaks HTTP/1.1"),
  row("jvm-only", "3.4.10", "quorum.cnxn.threads.size", "Threads for quorum connections.", THREADS, {
    isNamed: true,
  }),
  row(
    "jvm-only",
    "3.7.1",
    "metricsProvider.workerShutdownTimeoutMs",
    "Limit for ending the exporter.",
    THREADS,
    {
      isNamed: true,
    },
  ),
  row("jvm-only", "3.7", "metricsProvider.numWorkerThreads", "Ignored since 3.10.", THREADS, {
    isNamed: true,
  }),
  row("jvm-only", "3.7", "metricsProvider.maxQueueSize", "Ignored since 3.10.", THREADS, { isNamed: true }),
];
