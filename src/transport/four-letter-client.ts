import { connect } from "node:net";

/**
 * Sends one four-letter word and resolves with the whole answer, as UTF-8. Connecting and each pause between two pieces
 * of the answer may take `timeoutMs`.
 *
 * @throws the system's error (`ECONNREFUSED`, `ENOTFOUND`, …), or an Error with code `ETIMEDOUT`
 */
export function askFourLetterWord(
  host: string,
  port: number,
  word: string,
  timeoutMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect({ host, port });
    socket.setTimeout(timeoutMs, () => {
      const text = `no answer from ${host}:${port} within ${timeoutMs} ms`;
      socket.destroy(Object.assign(new Error(text), { code: "ETIMEDOUT" }));
    });
    socket.once("connect", () => socket.end(word));
    socket.on("data", (piece) => pieces.push(piece));
    socket.once("error", reject);
    socket.once("close", () => resolve(Buffer.concat(pieces).toString("utf8")));
  });
}
