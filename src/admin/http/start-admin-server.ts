import { type AdminAppOptions, createAdminApp } from "./admin-app.ts";

export interface AdminServerOptions extends AdminAppOptions {
  /** `admin.serverAddress`. */
  readonly address: string;
  /** `admin.serverPort`; 0 lets the system choose. */
  readonly port: number;
}

/** A running AdminServer. */
export interface AdminServer {
  /** The bound port. */
  readonly port: number;
  /** Stops listening and closes all its connections. */
  close(): Promise<void>;
}

/**
 * The AdminServer could not be started. A standalone server ends with exit code 4 then, a quorum member logs it and goes
 * on (configuration.md 1.5).
 */
export class AdminServerError extends Error {
  override readonly name = "AdminServerError";
  /** The operating system's name for the cause (`EADDRINUSE`, `EACCES`, …), if it is one of its errors. */
  readonly code: string | undefined;

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.code = (cause as { code?: string } | null)?.code;
  }
}

/** Binds the port and serves the admin commands. Rejects with {@link AdminServerError}. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { address, port, commandUrl, log } = options;
  const app = await createAdminApp(options);
  try {
    await app.listen({ host: address, port });
  } catch (error) {
    await app.close();
    throw new AdminServerError(startProblem(options, error), error);
  }
  const listening = app.server.address();
  const bound = typeof listening === "object" && listening !== null ? listening.port : port;
  log.info(
    { address, port: bound, commandUrl },
    `Started AdminServer on address ${address}, port ${bound} and command URL ${commandUrl}`,
  );
  return { port: bound, close: () => app.close() };
}

function startProblem({ address, port, commandUrl }: AdminServerOptions, error: unknown): string {
  const code = (error as { code?: string }).code;
  const where = `Problem starting AdminServer on address ${address}, port ${port} and command URL ${commandUrl}`;
  if (code === "EADDRINUSE") {
    return `${where}: the port is in use; choose another admin.serverPort or set admin.enableServer=false`;
  }
  if (code === "EACCES")
    return `${where}: the port needs privileges; choose an admin.serverPort of at least 1024`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return `${where}: admin.serverAddress is not an address of this machine`;
  }
  return `${where}: ${(error as Error).message}`;
}
