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

/**
 * For `catch`: makes undefined of errors that are expected, by their class (`ClosedError`) or ZooKeeper's code (`NONODE`); others are
 * thrown on.
 */
export function unless(...expected: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    const { name, code = name } = error as { readonly name: string; readonly code?: string };
    if (!expected.includes(name) && !expected.includes(code)) throw error;
  };
}
