const POLL_MS = 20;

/**
 * Resolves with the first value of `look` that is neither undefined nor false, looking again every 20 ms. What `look` throws
 * counts as "not yet".
 *
 * @throws Error naming `what`, and why the last look failed, when `deadlineMs` have passed
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs: number,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    let reason: unknown;
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      reason = error;
    }
    if (performance.now() > deadline)
      throw new Error(`${what}: not within ${deadlineMs} ms`, { cause: reason });
    await new Promise((next) => setTimeout(next, POLL_MS));
  }
}
