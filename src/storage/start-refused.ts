/**
 * The server must not start on this data: what is wrong, where, and what to do. Nothing on disk has been changed.
 * The message holds everything for the operator; the fields are for tests and tools.
 */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
  /** The kind of trouble, stable for tests and docs: "log-corrupt", "log-gap", "directory-in-use", … */
  readonly reason: string;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  constructor(reason: string, message: string, where: { file?: string; offset?: number } = {}) {
    super(message);
    this.reason = reason;
    this.file = where.file;
    this.offset = where.offset;
  }
}
