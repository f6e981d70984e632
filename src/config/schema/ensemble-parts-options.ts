import type { MultiAddressConfig, QuorumSaslConfig } from "../config-ensemble.ts";
import { ENSEMBLE_LATER, named, type OptionsOf, SASL } from "../option.ts";
import { text } from "../text-type.ts";
import { bool, integer } from "../value-type.ts";
import { quorumNamed, quorumPassThrough } from "./ensemble-options.ts";

/** The file's `syncEnabled`, over which `observer.syncEnabled` wins. */
export const observersPersistOptions = {
  syncEnabled: quorumNamed({
    key: "syncEnabled",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.4.6",
    meaning: "Observers write logs and snapshots.",
  }),
  observerSyncEnabled: quorumPassThrough<boolean | null>({
    key: "observer.syncEnabled",
    type: bool(),
    default: null,
    defaultText: "= syncEnabled",
    importance: "should",
    since: "3.4.6",
    meaning: "The same; wins over `syncEnabled`.",
  }),
} as const;

const multiAddress = { importance: "rarely", since: "3.6" } as const;

/** Several addresses for one server. */
export const multiAddressOptions: OptionsOf<MultiAddressConfig> = {
  isEnabled: quorumNamed({
    key: "multiAddress.enabled",
    properties: ["zookeeper.multiAddress.enabled"],
    type: bool(),
    default: false,
    ...multiAddress,
    meaning: "A server line may list several addresses; changes the quorum handshake.",
  }),
  checksReachability: quorumNamed({
    key: "multiAddress.reachabilityCheckEnabled",
    properties: ["zookeeper.multiAddress.reachabilityCheckEnabled"],
    type: bool(),
    default: true,
    ...multiAddress,
    meaning: "Probe which of the addresses can be reached.",
    effect: ENSEMBLE_LATER,
  }),
  reachabilityTimeoutMs: quorumNamed({
    key: "multiAddress.reachabilityCheckTimeoutMs",
    properties: ["zookeeper.multiAddress.reachabilityCheckTimeoutMs"],
    type: integer("ms", { min: 1 }),
    default: 1000,
    ...multiAddress,
    meaning: "Limit for such a probe.",
    effect: ENSEMBLE_LATER,
  }),
};

const sasl = { importance: "should", since: "3.4.10", effect: SASL } as const;

/** SASL between servers. */
export const quorumSaslOptions: OptionsOf<QuorumSaslConfig> = {
  isEnabled: named({
    key: "quorum.auth.enableSasl",
    type: bool(),
    default: false,
    ...sasl,
    meaning: "Servers may authenticate to each other.",
  }),
  serverRequires: named({
    key: "quorum.auth.serverRequireSasl",
    type: bool(),
    default: false,
    ...sasl,
    meaning: "Refuse servers that have not authenticated.",
  }),
  learnerRequires: named({
    key: "quorum.auth.learnerRequireSasl",
    type: bool(),
    default: false,
    ...sasl,
    meaning: "Insist on authentication when connecting.",
  }),
  learnerSection: named({
    key: "quorum.auth.learner.saslLoginContext",
    type: text("name"),
    default: "QuorumLearner",
    ...sasl,
    meaning: "The section of the JAAS file for the connecting side.",
  }),
  serverSection: named({
    key: "quorum.auth.server.saslLoginContext",
    type: text("name"),
    default: "QuorumServer",
    ...sasl,
    meaning: "The section of the JAAS file for the accepting side.",
  }),
  kerberosServicePrincipal: named({
    key: "quorum.auth.kerberos.servicePrincipal",
    type: text("principal"),
    default: "zkquorum/localhost",
    ...sasl,
    importance: "rarely",
    meaning: "The service principal; `_HOST` stands for the host.",
  }),
};
