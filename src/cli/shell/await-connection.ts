import type { Shell } from "./shell.ts";

/** `-waitforconnection`. @throws CommandError when there is none in time */
export async function awaitConnection(shell: Shell, timeoutMs: number): Promise<void> {
  const connection = shell.connection!;
  if (await connection.settles(timeoutMs)) return;
  await shell.close();
  throw connection.lossError(undefined);
}
