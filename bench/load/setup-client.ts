import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { OpCode } from "../../src/protocol/opcode.ts";
import type { Stat } from "../../src/protocol/records/data.ts";
import {
  GetAllChildrenNumberRequest,
  GetDataRequest,
  GetDataResponse,
  SyncRequest,
} from "../../src/protocol/records/proto.ts";
import { encodeFrame, XID_AT } from "./templates.ts";
import { type FrameSink, WireConnection } from "./wire-connection.ts";

export interface Reply {
  readonly err: number;
  readonly body: Buffer;
}

interface Waiter {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** A small promise client for what happens around a measurement: preparing, and looking whether it was real. */
export class SetupClient implements FrameSink {
  readonly #connection: WireConnection;
  readonly #waiters: Waiter[] = [];
  #xid = 0;
  #onOpen: ((error?: Error) => void) | undefined;
  #isClosed = false;

  private constructor(port: number) {
    this.#connection = new WireConnection(port, this);
  }

  static async connect(port: number): Promise<SetupClient> {
    const client = new SetupClient(port);
    await new Promise<void>((resolve, reject) => {
      client.#onOpen = (error) => (error === undefined ? resolve() : reject(error));
    });
    return client;
  }

  /** Sends a frame (its xid is set here) and resolves with the reply, whatever its err. */
  request(frame: Buffer): Promise<Reply> {
    frame.writeInt32BE(++this.#xid, XID_AT);
    this.#connection.write(Buffer.from(frame));
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** As {@link request}, and throws for an err that is not 0. */
  async demand(frame: Buffer, what: string): Promise<Buffer> {
    const { err, body } = await this.request(frame);
    if (err !== 0) throw new Error(`${what} was answered with error ${err}`);
    return body;
  }

  async getData(path: string): Promise<{ data: Uint8Array | null; stat: Stat }> {
    const frame = encodeFrame(OpCode.getData, (w) => GetDataRequest.write(w, { path, watch: false }));
    return GetDataResponse.decode(await this.demand(frame, `getData ${path}`));
  }

  /** What any server has acknowledged is seen by the reads that follow. */
  async sync(): Promise<void> {
    await this.demand(
      encodeFrame(OpCode.sync, (w) => SyncRequest.write(w, { path: "/" })),
      "sync",
    );
  }

  async countDescendants(path: string): Promise<number> {
    const frame = encodeFrame(OpCode.getAllChildrenNumber, (w) =>
      GetAllChildrenNumberRequest.write(w, { path }),
    );
    return new JuteReader(await this.demand(frame, `getAllChildrenNumber ${path}`)).readInt();
  }

  /** Closes the session in order, so that the server has nothing left to expire. */
  async close(): Promise<void> {
    await this.request(encodeFrame(OpCode.closeSession, () => undefined));
    this.#isClosed = true;
    this.#connection.destroy();
  }

  opened(sessionTimeoutMs: number): void {
    this.#onOpen?.(sessionTimeoutMs > 0 ? undefined : new Error("the server refused a new session"));
  }

  frame(bytes: Buffer, start: number, end: number): void {
    const waiter = this.#waiters.shift();
    waiter?.resolve({
      err: bytes.readInt32BE(start + 12),
      body: Buffer.from(bytes.subarray(start + 16, end)),
    });
  }

  turnEnd(): void {}

  closed(error: Error | undefined): void {
    if (this.#isClosed) return;
    const reason = error ?? new Error("the server closed the connection");
    this.#onOpen?.(reason);
    for (const { reject } of this.#waiters.splice(0)) reject(reason);
  }
}
