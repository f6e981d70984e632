import { Int64 } from "../../protocol/int64.ts";
import type { AdminView } from "../admin-view.ts";
import type { Answer } from "./word.ts";

/** `gtmk`: the mask in decimal. */
export function gtmk(view: AdminView): Answer {
  return [String(view.traceMask().toBigInt())];
}

/** `stmk`: `argument` is the new mask, a big-endian signed 64-bit integer; the answer repeats it in decimal. */
export function stmk(view: AdminView, argument: Uint8Array): Answer {
  const bytes = new DataView(argument.buffer, argument.byteOffset, argument.byteLength);
  const mask = new Int64(bytes.getInt32(0), bytes.getInt32(4));
  view.setTraceMask(mask);
  return [String(mask.toBigInt())];
}
