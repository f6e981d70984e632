/** Set for a server that is to end with the process that has started it: that process's id. */
export const PARENT_VARIABLE = "MENAGERIE_PARENT_PID";

const CHECK_MS = 1000;

/** Calls `orphaned` once the process that started this one is gone; does nothing when nobody has asked for that. */
export function watchParent(
  variables: Readonly<Record<string, string | undefined>>,
  orphaned: () => void,
): void {
  const parent = Number(variables[PARENT_VARIABLE]);
  if (!Number.isInteger(parent) || parent <= 0) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    orphaned();
  }, CHECK_MS);
  timer.unref();
}
