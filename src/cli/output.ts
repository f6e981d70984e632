import { writeSync } from "node:fs";

/** Where a command writes. */
export interface Output {
  /** Standard output, as it is: no line end is added. */
  out(text: string): void;
  /** Standard error. */
  err(text: string): void;
}

/** The process's own streams, written at once, so that nothing is lost when the process ends. */
export const processOutput: Output = {
  out: (text) => write(1, text),
  err: (text) => {
    try {
      write(2, text);
    } catch {
      // A full disk, for example: there is no other place to say so, and what is to be done goes on.
    }
  },
};

function write(descriptor: number, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Whoever read this has gone away: there is nobody left to tell.
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
    }
  }
}
