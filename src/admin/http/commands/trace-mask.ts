import { Int64 } from "../../../protocol/int64.ts";
import { type AdminCommand, reply } from "../command.ts";

export const getTraceMask: AdminCommand = {
  aliases: ["gtmk"],
  method: "GET",
  needsServer: false,
  run: ({ view }) => reply({ tracemask: view.traceMask().toBigInt() }),
};

export const setTraceMask: AdminCommand = {
  aliases: ["stmk"],
  method: "GET",
  needsServer: false,
  run({ view, parameters }) {
    const text = parameters.get("traceMask");
    if (text === undefined) return reply({ error: "setTraceMask requires long traceMask argument" });
    const mask = parseLong(text);
    if (mask === undefined)
      return reply({ error: `setTraceMask requires long traceMask argument, got ${text}` });
    view.setTraceMask(Int64.fromBigInt(mask));
    return reply({ tracemask: mask });
  },
};

/** A decimal 64-bit integer as Java reads it: digits with an optional sign, nothing else. */
function parseLong(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
