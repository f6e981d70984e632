import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../base/ports.ts";
import type { AdminView } from "../admin-view.ts";
import { answerBody } from "./answer-body.ts";
import { ADMIN_COMMANDS } from "./command-table.ts";
import { JsonMap, type JsonValue, jsonPieces } from "./json.ts";
import { ADMIN_LIMITS_DEFAULT, type AdminLimits } from "./limits.ts";
import { type CommandCall, runCommand } from "./run-command.ts";

export interface AdminAppOptions {
  readonly view: AdminView;
  readonly log: Log;
  /** `admin.commandURL`: begins with a slash. */
  readonly commandUrl: string;
  /** `admin.idleTimeout`: a connection that moves no byte for so long is closed. */
  readonly idleTimeoutMs: number;
  /** `IPAuthenticationProvider.usexforwardedfor`: the caller's address is the first one of X-Forwarded-For. */
  readonly trustsForwardedFor: boolean;
  /** Resolves one event-loop turn later, so that a long answer does not keep requests waiting. */
  readonly nextTurn: () => Promise<void>;
  readonly limits?: AdminLimits;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Builds the HTTP application: the index of commands, the commands, and JSON errors for everything else. */
export async function createAdminApp(options: AdminAppOptions): Promise<FastifyInstance> {
  const limits = options.limits ?? ADMIN_LIMITS_DEFAULT;
  // Loaded here and not at the top: clients must not wait for the admin server's libraries when a server starts.
  const { default: fastify } = await import("fastify");
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    connectionTimeout: options.idleTimeoutMs,
    keepAliveTimeout: options.idleTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: limits.headerBytesMax },
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headerTimeoutMs,
      connectionsCheckingInterval: limits.slowCheckIntervalMs,
    },
  });
  app.server.maxConnections = limits.connectionsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  addRoutes(app, options);
  addErrors(app, options);
  return app;
}

/** `admin.commandURL` without a slash at the end: what `/<command>` is appended to. */
function rootOf({ commandUrl }: AdminAppOptions): string {
  return commandUrl.replace(/\/+$/, "");
}

function addRoutes(app: FastifyInstance, options: AdminAppOptions): void {
  const root = rootOf(options);
  const index: Handler = async (_request, reply) => {
    return reply.type("text/html;charset=utf-8").send(commandLinks(root));
  };
  for (const method of ["GET", "POST"] as const) {
    const command: Handler = (request, reply) => runRoute(request, reply, method, options);
    if (root !== "") app.route({ method, url: root, handler: index });
    app.route({ method, url: `${root}/`, handler: index });
    app.route({ method, url: `${root}/*`, handler: command });
  }
}

function addErrors(app: FastifyInstance, options: AdminAppOptions): void {
  const root = rootOf(options);
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?")[0]!;
    if (path !== root && !path.startsWith(`${root}/`)) {
      return sendError(
        reply,
        404,
        `Not found: ${path}; the commands are below ${options.commandUrl}`,
        options,
      );
    }
    reply.header("Allow", "GET, HEAD, POST, OPTIONS");
    if (request.method === "OPTIONS") return reply.code(200).send("");
    const status = request.method === "TRACE" ? 403 : 405;
    return sendError(reply, status, `Method ${request.method} is not supported`, options);
  });
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendError(reply, status, error.message, options);
    options.log.error({ err: error, url: request.url }, "admin command failed");
    return sendError(reply, status, "The command failed; see the server's log", options);
  });
}

async function runRoute(
  request: FastifyRequest,
  reply: FastifyReply,
  method: "GET" | "POST",
  options: AdminAppOptions,
): Promise<FastifyReply> {
  const call: CommandCall = {
    name: (request.params as { "*": string })["*"],
    method,
    parameters: firstValues(request.query as Readonly<Record<string, string | string[]>>),
    body: typeof request.body === "string" ? request.body : "",
    authorization: request.headers.authorization ?? null,
    remoteHost: remoteHostOf(request, options.trustsForwardedFor),
  };
  const outcome = await runCommand(call, options.view);
  if (outcome.allow !== undefined) reply.header("Allow", outcome.allow);
  return sendJson(reply, outcome.status, new JsonMap(outcome.fields), options);
}

function sendJson(
  reply: FastifyReply,
  status: number,
  value: JsonValue,
  options: AdminAppOptions,
): FastifyReply {
  return reply
    .code(status)
    .header("Content-Type", "application/json")
    .send(answerBody(jsonPieces(value), options.nextTurn));
}

function sendError(
  reply: FastifyReply,
  status: number,
  error: string,
  options: AdminAppOptions,
): FastifyReply {
  return sendJson(reply, status, { error }, options);
}

function firstValues(query: Readonly<Record<string, string | string[]>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(query).map(([name, value]) => [
      name,
      typeof value === "string" ? value : (value[0] ?? ""),
    ]),
  );
}

function remoteHostOf(request: FastifyRequest, trustsForwardedFor: boolean): string {
  const forwarded = request.headers["x-forwarded-for"];
  const header = Array.isArray(forwarded) ? forwarded[0] : forwarded;
  const first = trustsForwardedFor ? header?.split(",")[0]?.trim() : undefined;
  return first || request.ip.replace(/^::ffff:/, "");
}

/** Apache's index page: one link per line, primary names in alphabetical order. */
function commandLinks(root: string): string {
  const names = Object.keys(ADMIN_COMMANDS).sort();
  return names.map((name) => `<a href="${root}/${name}">${name}</a>\n<br/>\n`).join("");
}
