import { Packer, Unpacker } from "./jute.ts";
import { frame, handshakeFrame, RawConnection } from "./raw-connection.ts";
import {
  auth,
  closeSession,
  create,
  getChildren,
  ping,
  remove,
  setAcl,
  type WireRequest,
} from "./requests.ts";

interface Reply {
  readonly zxid: bigint;
  readonly err: number;
  readonly body: Unpacker;
}

/** A super user whose exchanges nobody reads: sets the stage of a scenario and clears it. */
export class Stagehand {
  readonly #connection: RawConnection;

  private constructor(connection: RawConnection) {
    this.#connection = connection;
  }

  static async enter(port: number): Promise<Stagehand> {
    const connection = await RawConnection.open(port);
    connection.send(handshakeFrame({}));
    const answer = await connection.next();
    if (typeof answer === "string") throw new Error(`handshake of the stagehand: ${answer}`);
    const stagehand = new Stagehand(connection);
    await stagehand.ask(auth("digest", "super:secret"));
    return stagehand;
  }

  async ask(request: WireRequest): Promise<Reply> {
    this.#connection.send(frame(new Packer().int(1).int(request.op).raw(request.body).done()));
    const answer = await this.#connection.next();
    if (typeof answer === "string") throw new Error(`${request.label}: ${answer}`);
    const body = new Unpacker(answer);
    body.int();
    return { zxid: body.long(), err: body.int(), body };
  }

  async lastZxid(): Promise<bigint> {
    return (await this.ask(ping)).zxid;
  }

  /** Deletes a znode with everything below it, whatever its ACL; a missing one is fine. */
  async removeTree(path: string): Promise<void> {
    const listing = await this.ask(getChildren(path));
    if (listing.err !== 0) return;
    for (const name of listing.body.vector(() => listing.body.string()) ?? []) {
      await this.removeTree(`${path}/${name}`);
    }
    await this.ask(remove(path));
  }

  /** `/t`, empty and open, and no quota on it. */
  async clear(): Promise<void> {
    await this.removeTree("/t");
    await this.removeTree("/zookeeper/quota/t");
    await this.ask(setAcl("/"));
  }

  async setStage(): Promise<void> {
    await this.clear();
    const { err } = await this.ask(create("/t", { data: "" }));
    if (err !== 0) throw new Error(`create /t: error ${err}`);
  }

  async leave(): Promise<void> {
    await this.ask(closeSession);
    this.#connection.destroy();
  }
}
