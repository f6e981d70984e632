import type { Subject } from "../../support/apache.ts";
import { Actor } from "./actor.ts";
import { type HandshakeOptions, RawConnection } from "./raw-connection.ts";
import { closeSession } from "./requests.ts";
import { Stagehand } from "./stagehand.ts";
import { type Step, Transcript } from "./transcript.ts";

/** `super:secret` of the digest scheme: every subject of the differential suite knows it. */
export const SUPER_DIGEST = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

/** What a scenario works with: its own znode `/t`, and as many clients as it wants. */
export interface Stage {
  readonly subject: Subject;
  readonly transcript: Transcript;
  /** A client with a fresh session. */
  connect(name: string, options?: HandshakeOptions): Promise<Actor>;
  /** A client whose handshake has not been sent yet. */
  open(name: string): Promise<Actor>;
}

export interface Scenario {
  readonly name: string;
  readonly play: (stage: Stage) => Promise<void>;
}

export function scenario(name: string, play: (stage: Stage) => Promise<void>): Scenario {
  return { name, play };
}

async function endSession(actor: Actor): Promise<void> {
  if (actor.sessionId === 0n || actor.isSessionClosed) {
    actor.connection.destroy();
    return;
  }
  if (actor.connection.isClosed) await actor.reconnect();
  await actor.call(closeSession);
  actor.connection.destroy();
}

/** Plays one scenario on one server and returns what its clients saw. The server is left as it was found. */
export async function play(scene: Scenario, subject: Subject): Promise<readonly Step[]> {
  const stagehand = await Stagehand.enter(subject.port);
  await stagehand.setStage();
  const transcript = new Transcript(await stagehand.lastZxid());
  const actors: Actor[] = [];
  const open = async (name: string): Promise<Actor> => {
    const actor = new Actor(name, transcript, subject.port, await RawConnection.open(subject.port));
    actors.push(actor);
    return actor;
  };
  const connect = async (name: string, options: HandshakeOptions = {}): Promise<Actor> => {
    const actor = await open(name);
    await actor.handshake(options);
    return actor;
  };
  try {
    await scene.play({ subject, transcript, open, connect });
    return [...transcript.steps];
  } finally {
    for (const actor of actors) await endSession(actor);
    await stagehand.clear();
    await stagehand.leave();
  }
}
