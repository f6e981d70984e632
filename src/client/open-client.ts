import type { Timer } from "../base/ports.ts";
import type { Client } from "./client.ts";
import { AbortedError, ConnectionError } from "./errors.ts";
import type { ResolvedOptions } from "./options.ts";

/** Waits until the client is connected; closes it when that fails. */
export async function openClient(client: Client, options: ResolvedOptions, timer: Timer): Promise<Client> {
  const patience = new AbortController();
  const { signal, connectDeadlineMs } = options;
  const cancel = timer.after(connectDeadlineMs, () => patience.abort());
  const giveUp = (): void => patience.abort();
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted === true) giveUp();
  try {
    await client.when(CONNECTED, { signal: patience.signal });
    return client;
  } catch (error) {
    const failures = client.connectionFailures;
    await client.close();
    if (signal?.aborted === true)
      throw new AbortedError("connecting was aborted", "not-applied", signal.reason);
    throw patience.signal.aborted ? unreachable(failures, connectDeadlineMs) : error;
  } finally {
    cancel();
    signal?.removeEventListener("abort", giveUp);
  }
}

const CONNECTED = ["connected", "connectedReadOnly"] as const;

function unreachable(failures: readonly ConnectionError[], deadlineMs: number): ConnectionError {
  const [first] = failures;
  const reasons = failures.map((failure) => failure.message).join("; ");
  const why = first === undefined ? "no server has answered yet" : reasons;
  return new ConnectionError(first?.kind ?? "timeout", `not connected within ${deadlineMs} ms: ${why}`, {
    server: first?.server,
    cause: first,
  });
}
