import type { Progress } from "./znode-export.ts";

/** A bar on standard error. */
export interface ProgressBar {
  readonly update: Progress;
  /** Takes the bar away. */
  end(): void;
}

const NONE: ProgressBar = { update: () => undefined, end: () => undefined };

/** A progress bar where somebody looks at it: nothing when standard error is no terminal, or is JSON. */
export async function progressBar(title: string, isJson: boolean): Promise<ProgressBar> {
  if (isJson || process.stderr.isTTY !== true) return NONE;
  const { default: progress } = await import("cli-progress");
  const format = `${title} [{bar}] {percentage}% {value}/{total} znodes`;
  const bar = new progress.SingleBar({
    format,
    clearOnComplete: true,
    hideCursor: true,
    stream: process.stderr,
  });
  let isStarted = false;
  return {
    update(done, total) {
      if (!isStarted) bar.start(total, done);
      isStarted = true;
      bar.update(done);
    },
    end: () => bar.stop(),
  };
}
