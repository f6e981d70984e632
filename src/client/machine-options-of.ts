import type { ClientPorts } from "./client-ports.ts";
import type { ConnectString } from "./connect-string.ts";
import { createDigestMd5 } from "./digest-md5.ts";
import type { MachineOptions } from "./machine/machine-options.ts";
import type { ResolvedOptions } from "./options.ts";

/** What the machine of a client with these options has to know. */
export function machineOptionsOf(
  where: ConnectString,
  options: ResolvedOptions,
  { rng, md5 }: ClientPorts,
): MachineOptions {
  const { session, sasl, sessionTimeoutMs } = options;
  return {
    servers: where.servers,
    isShuffled: options.serverOrder !== "asListed",
    chroot: where.chroot,
    sessionTimeoutMs,
    session:
      session === undefined
        ? undefined
        : { id: session.id, password: session.password, timeoutMs: sessionTimeoutMs },
    allowsReadOnly: options.readOnly === "allowed",
    renewsSession: options.afterExpiry !== "end",
    startSasl: sasl === undefined ? undefined : () => createDigestMd5(sasl, md5, rng),
    pendingCallsMax: options.pendingCallsMax,
    requestBytesMax: options.requestBytesMax,
    replyBytesMax: options.replyBytesMax,
    backoffInitialMs: options.backoffInitialMs,
    backoffMaxMs: options.backoffMaxMs,
    rng,
  };
}
