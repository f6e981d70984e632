import { DiskError } from "../base/ports.ts";
import type { Config } from "../config/config.ts";
import { refuseInaccessible } from "../storage/recovery/recovery-refusals.ts";
import { StartRefused } from "../storage/start-refused.ts";
import { ExitCode, ServerFailure } from "./exit-code.ts";

/** Reasons of {@link StartRefused} that are about access and not about what the files hold. */
const DIRECTORY_REASONS = new Set([
  "directory-missing",
  "directory-inaccessible",
  "directory-in-use",
  "data-inaccessible",
]);

/** What an operator is told when a server does not start, and the exit code that goes with it (configuration 1.5). */
export function startFailure(error: unknown, config: Config): ServerFailure {
  if (error instanceof ServerFailure) return error;
  if (error instanceof StartRefused) {
    const isDirectory = DIRECTORY_REASONS.has(error.reason);
    return new ServerFailure(
      isDirectory ? ExitCode.dataDirInaccessible : ExitCode.unexpected,
      error.message,
      error,
    );
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === "listen" || syscall === "bind" || syscall === "getaddrinfo") {
    return new ServerFailure(ExitCode.unexpected, bindProblem(code, config), error);
  }
  if (error instanceof DiskError) return startFailure(refuseInaccessible(error), config);
  return new ServerFailure(
    ExitCode.unexpected,
    `unexpected error: ${error instanceof Error ? error.message : String(error)}`,
    error,
  );
}

function bindProblem(code: string | undefined, { clients }: Config): string {
  const where = `cannot listen on ${clients.address ?? "*"}:${clients.port}`;
  switch (code) {
    case "EADDRINUSE":
      return `${where}: the port is in use; stop what uses it or choose another clientPort`;
    case "EACCES":
      return `${where}: the port needs privileges; choose a clientPort of at least 1024`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${where}: clientPortAddress is not an address of this machine`;
    default:
      return `${where}: ${code ?? "unknown error"}`;
  }
}
