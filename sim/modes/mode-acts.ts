import { op } from "../../src/client/multi-op.ts";
import type { Act } from "../ensemble-workload.ts";
import type { Mode } from "./mode.ts";

/** What clients do in a mode beside the usual. */
export function modeActs({ sessions }: Mode): readonly Act[] {
  if (sessions === "global") return [];
  return [
    (self) => self.create("ephemeral-sequential"),
    async ({ client, name }) => {
      await client.multi([op.create(`/e/${name}-m-`, { mode: "ephemeral-sequential" })]);
    },
  ];
}

/** All but one, who has to be left alone by servers without a quorum. */
export function takesReadOnly({ hasReadOnly }: Mode, client: string): boolean {
  return hasReadOnly && client !== "c3";
}
