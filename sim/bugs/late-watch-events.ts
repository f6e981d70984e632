import { FrameReader } from "../../src/protocol/frame.ts";
import type { PeerMutation } from "../peer-hooks.ts";

const XID_EVENT = -1;

/** Watch events leave behind the answers that show the change (client-protocol: they come in front). */
export function lateWatchEvents(): PeerMutation {
  const held = new Map<number, Uint8Array[]>();
  return {
    ready: (ready) => ({
      ...ready,
      output: ready.output.map((output) => {
        const { connection, bytes } = output;
        const late = held.get(connection) ?? [];
        held.delete(connection);
        const frames = new FrameReader(0x7fffffff);
        frames.push(new Uint8Array(bytes));
        const kept: Uint8Array[] = [];
        const events: Uint8Array[] = [];
        for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
          (frame.length > 4 && frame.readInt32BE(0) === XID_EVENT ? events : kept).push(framed(frame));
        }
        if (events.length > 0) held.set(connection, events);
        return { ...output, bytes: Buffer.concat([...kept, ...late]) };
      }),
    }),
  };
}

function framed(payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + payload.length);
  new DataView(out.buffer).setInt32(0, payload.length);
  out.set(payload, 4);
  return out;
}
