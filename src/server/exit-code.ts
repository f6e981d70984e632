/** How the process ends, in Apache's numbers (configuration 1.5). */
export const ExitCode = {
  /** A normal end. */
  ok: 0,
  /** Anything unexpected: port in use, corrupt data, an I/O error of the log, a broken invariant. */
  unexpected: 1,
  /** Bad invocation or configuration. */
  invalidInvocation: 2,
  /** The data directory cannot be used: missing, not writable, in use. */
  dataDirInaccessible: 3,
  /** The admin server cannot start. */
  adminServer: 4,
  /** A snapshot could not be written. */
  snapshotFailed: 10,
  /** The election port of a member of an ensemble cannot be bound. */
  electionPort: 14,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * Why a running server ends, or one does not start: the message is the one line for the operator, the exit code what a
 * process that runs this server should end with.
 */
export class ServerFailure extends Error {
  override readonly name = "ServerFailure";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}
