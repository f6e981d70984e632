/** What an AdminServer has answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

/** `path` below `/commands`. */
export async function getCommand(port: number, path: string): Promise<AdminAnswer> {
  const response = await fetch(`http://127.0.0.1:${port}/commands${path}`);
  const contentType = response.headers.get("content-type")?.split(";")[0] ?? null;
  const text = await response.text();
  return {
    status: response.status,
    contentType,
    body: contentType === "application/json" ? JSON.parse(text) : text,
  };
}

/** Keys and kinds of values; numbers and ids of this run are gone, lists are shown by their first element. */
export function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (value === null || typeof value !== "object") return value === null ? null : typeof value;
  const entries = Object.entries(value).map(([key, inner]) => [/^\d+$/.test(key) ? "ID" : key, shape(inner)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}
