const BYTES_PER_ROW = 16;
const BORDER = `+--------+${"-".repeat(49)}+----------------+`;

/** The table of `get -x`: offset, bytes, printable ASCII. No bytes: no text. */
export function hexDump(data: Uint8Array): string {
  if (data.length === 0) return "";
  const columns = Array.from({ length: BYTES_PER_ROW }, (_, at) => `  ${at.toString(16)}`).join("");
  const lines = [`         +${"-".repeat(49)}+`, `         |${columns} |`, BORDER];
  for (let at = 0; at < data.length; at += BYTES_PER_ROW)
    lines.push(row(at, data.subarray(at, at + BYTES_PER_ROW)));
  return [...lines, BORDER].join("\n");
}

function row(offset: number, bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => ` ${byte.toString(16).padStart(2, "0")}`).join("");
  const text = Array.from(bytes, (byte) =>
    byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
  return `|${offset.toString(16).padStart(8, "0")}|${hex.padEnd(BYTES_PER_ROW * 3)} |${text.padEnd(BYTES_PER_ROW)}|`;
}
