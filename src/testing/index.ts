/**
 * `menagerie/testing`: a server or a whole ensemble for the tests of programs that use ZooKeeper, and a proxy for what networks do. See docs/testing.md.
 */
export type { Duration } from "./duration.ts";
export { type Direction, FaultProxy, type FaultProxyOptions, startFaultProxy } from "./fault-proxy.ts";
export { startTestEnsemble, TestEnsemble } from "./test-ensemble.ts";
export type { TestEnsembleOptions } from "./test-ensemble-options.ts";
export type { TestMember } from "./test-member.ts";
export { startTestServer, TestServer } from "./test-server.ts";
export type { TestServerOptions } from "./test-server-options.ts";
