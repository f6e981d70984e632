import {
  AuthFailedError,
  type Client,
  ClosedError,
  ConnectionError,
  type Int64,
  KeeperError,
  type Outcome,
  SessionExpiredError,
  ZooKeeperError,
} from "../client/index.ts";

/** The connection broke under the call: whether it was executed is unknown. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof ConnectionError && error.kind === "lost";
}

export function isSessionExpired(error: unknown): boolean {
  return error instanceof SessionExpiredError;
}

/** The client is over, for whatever reason. */
export function isEnded(error: unknown): boolean {
  return error instanceof ClosedError || error instanceof AuthFailedError;
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof KeeperError && error.code === code;
}

/** Whether what was asked may have happened; errors that are not the client's say nothing of it. */
export function outcomeOf(error: unknown): Outcome {
  return error instanceof ZooKeeperError ? error.outcome : "unknown";
}

/** Makes a call that may be executed twice until it is answered. Calls wait for the connection, so this does not spin. */
export async function persist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
    }
  }
}

/** The session ended, and the client goes on with another. */
export function isSessionRenewed(client: Client, error: unknown): boolean {
  return isSessionExpired(error) && client.state !== "expired";
}

/** The same for what belongs to no session: one that ends under the call is no reason to give it up. */
export async function persistAcrossSessions<T>(client: Client, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await persist(call);
    } catch (error) {
      if (!isSessionRenewed(client, error)) throw error;
    }
  }
}

/** Deletes a znode whose name nobody will use again. Already gone is as good. */
export async function deleteOnce(client: Client, path: string): Promise<void> {
  try {
    await persist(() => client.delete(path, { deadlineMs: Number.POSITIVE_INFINITY }));
  } catch (error) {
    if (!isCode(error, "NONODE")) throw error;
  }
}

/**
 * The same for an ephemeral znode of session `owner`: it is gone with it, and the name may be another's then. A call never moves
 * from one session to the next, so it is enough to look before each attempt.
 */
export async function deleteEphemeral(client: Client, path: string, owner: Int64): Promise<void> {
  try {
    await persist(async () => {
      if (!isSession(client, owner)) return;
      await client.delete(path, { deadlineMs: Number.POSITIVE_INFINITY });
    });
  } catch (error) {
    if (!isCode(error, "NONODE") && !isSessionExpired(error) && !isEnded(error)) throw error;
  }
}

/** Whether `owner` is the client's session now. */
export function isSession(client: Client, owner: Int64): boolean {
  return client.session?.id.equals(owner) === true;
}
