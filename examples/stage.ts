/** What an example gets from whoever runs it: `npm run example -- NAME`, or a test. */
export interface Stage {
  /** Connect string. The runner starts a server of its own unless told `--servers`. */
  readonly servers: string;
  readonly print: (line: string) => void;
  /** The words behind the example's name. */
  readonly args: readonly string[];
  /** Aborted when the example should end: Ctrl-C. */
  readonly signal: AbortSignal;
}

export function text(data: Uint8Array | null): string {
  return new TextDecoder().decode(data ?? new Uint8Array());
}
