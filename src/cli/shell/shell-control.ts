import type { WatchKind, WatchMode } from "../../client/types.ts";
import type { ShellClient } from "./shell-client.ts";

/** What a command may ask of the shell itself. */
export interface ShellControl {
  /** `redo`, as typed: runs an earlier line again. */
  redo(numberText: string): Promise<void>;
  /** The last eleven lines with their numbers, this one included. */
  recentLines(): readonly { readonly number: number; readonly text: string | undefined }[];
  /** Whether events are printed. */
  printsEvents: boolean;
  /** Opens a new session, on other servers where a connect string is given; the old one is closed. */
  connect(connectString: string | undefined): Promise<void>;
  /** Closes the session. */
  close(): Promise<void>;
  /** Ends the shell with the code of the command before. */
  quit(): Promise<void>;
  /** The usage of all commands, or of one. */
  help(name: string | undefined): Promise<readonly string[]>;
  /** Sets a persistent watch whose events are printed. */
  addWatch(path: string, mode: WatchMode): Promise<void>;
  /** Removes what `-w` and `addWatch` have set on the path, and prints what was removed. */
  removeWatches(path: string, kind: WatchKind, isLocalAllowed: boolean): Promise<void>;
  /** Opens a second session, to another ensemble; the caller closes it. */
  openOther(connectString: string): Promise<OtherSession>;
}

/** A session beside the shell's own. */
export interface OtherSession {
  readonly client: ShellClient;
  close(): Promise<void>;
}
