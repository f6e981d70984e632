const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Data as a person reads it; no data at all is the word `null`, as in Apache's shell. */
export function dataText(data: Uint8Array | null): string {
  return data === null ? "null" : lenient.decode(data);
}

/** Data in JSON: text where it is UTF-8, base64 under another name where it is not, so that nothing is lost. */
export type DataJson = { readonly data: string | null } | { readonly dataBase64: string };

export function dataJson(data: Uint8Array | null): DataJson {
  if (data === null) return { data: null };
  try {
    return { data: strict.decode(data) };
  } catch {
    return { dataBase64: base64(data) };
  }
}

/** The reverse of {@link dataJson}. */
export function dataFromJson(value: DataJson): Uint8Array | null {
  if ("dataBase64" in value) return new Uint8Array(Buffer.from(value.dataBase64, "base64"));
  return value.data === null ? null : new TextEncoder().encode(value.data);
}

export function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}
