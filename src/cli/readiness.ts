import { closeSync, writeSync } from "node:fs";

/** The descriptor on which a server that `start` has launched says that it is ready. */
export const READY_DESCRIPTOR = 3;

/** Set by `start` for the server it launches: there is somebody who listens. */
export const READY_DESCRIPTOR_VARIABLE = "MENAGERIE_READY_FD";

/** Tells whoever launched this process that the server serves; does nothing when nobody waits for that. */
export function announceReady(variables: Readonly<Record<string, string | undefined>>): void {
  if (variables[READY_DESCRIPTOR_VARIABLE] !== String(READY_DESCRIPTOR)) return;
  try {
    writeSync(READY_DESCRIPTOR, "ready\n");
    closeSync(READY_DESCRIPTOR);
  } catch {
    // The launcher has lost patience and gone; the server serves all the same.
  }
}
