import { type AdminCommand, type CommandReply, reply } from "../command.ts";

/** Read, write, create, delete and admin. */
const ALL_PERMISSIONS = 31;

/** Closes about a given share of the client connections, so that clients move to other servers. */
export const shedConnections: AdminCommand = {
  aliases: ["shed"],
  method: "POST",
  needsServer: true,
  requires: { permissions: ALL_PERMISSIONS, path: "/" },
  run({ view, body }) {
    if (body === "") return refused("Request body is required");
    let request: unknown;
    try {
      request = JSON.parse(body);
    } catch (error) {
      return refused(`Invalid JSON or failed to read request body: ${(error as Error).message}`);
    }
    if (typeof request !== "object" || request === null || !("percentage" in request)) {
      return refused("Missing required field: percentage");
    }
    const { percentage } = request;
    if (
      typeof percentage !== "number" ||
      !Number.isInteger(percentage) ||
      percentage < 0 ||
      percentage > 100
    ) {
      return refused("Percentage must be between 0 and 100");
    }
    const closed = percentage === 0 ? 0 : view.shedConnections(percentage);
    return reply({ connections_shed: closed, percentage_requested: percentage });
  },
};

function refused(error: string): CommandReply {
  return reply({ error }, 400);
}
