import type { Rng } from "../../../src/base/ports.ts";
import { createPrng } from "../../../src/base/prng.ts";
import type { Actor } from "../support/actor.ts";
import {
  acl,
  addWatch,
  auth,
  check,
  checkWatches,
  create,
  exists,
  getAcl,
  getAllChildrenNumber,
  getChildren,
  getChildren2,
  getData,
  getEphemerals,
  multi,
  multiRead,
  OPEN,
  remove,
  removeWatches,
  setAcl,
  setData,
  setWatches,
  sync,
  type WireAcl,
  type WireRequest,
  whoAmI,
} from "../support/requests.ts";
import { type Scenario, type Stage, scenario } from "../support/scenario.ts";

const NAMES = ["a", "b", "c"];
const ACTORS = ["one", "two", "three"];

/** Draws requests that mostly succeed, often fail, and now and then are absurd; the same ones for the same seed. */
class Dice {
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#rng = createPrng(seed);
  }

  below(bound: number): number {
    return this.#rng.below(bound);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  isRare(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  path(): string {
    if (this.isRare(60)) return this.pick(["/t/", "/t//a", "/t/a/.", "", "t", "/t/a/../b"]);
    let path = "/t";
    for (let depth = 1 + this.below(3); depth > 0; depth--) path += `/${this.pick(NAMES)}`;
    return path;
  }

  version(): number {
    return this.pick([-1, -1, -1, 0, 1, 2, 3, -2]);
  }

  acls(): readonly WireAcl[] {
    if (this.below(4) > 0) return OPEN;
    return this.pick<readonly WireAcl[]>([
      [acl(1, "world", "anyone")],
      [acl(1 + this.below(31), "world", "anyone")],
      [acl(31, "auth", "")],
      [acl(31, "digest", "ann:hash"), acl(this.below(32), "world", "anyone")],
      [acl(31, "ip", "127.0.0.0/8")],
      [acl(31, "ip", "10.0.0.0/8"), acl(1, "world", "anyone")],
      [],
    ]);
  }

  create(): WireRequest {
    const data = this.pick(["", "x", "some data", null]);
    const op = this.pick([1, 1, 1, 15, 19, 21] as const);
    if (op === 19) return create(this.path(), { op, data, flags: 4, acl: this.acls() });
    if (op === 21)
      return create(this.path(), { op, data, flags: this.pick([5, 6]), acl: this.acls(), ttl: 90_000n });
    return create(this.path(), { op, data, flags: this.pick([0, 0, 0, 0, 1, 1, 2, 3]), acl: this.acls() });
  }

  write(): WireRequest {
    switch (this.below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.create();
      case 4:
      case 5:
        return remove(this.path(), this.version());
      case 6:
      case 7:
        return setData(this.path(), this.pick(["", "1", "22", null]), this.version());
      case 8:
        return setAcl(this.path(), this.acls(), this.version());
      default:
        return multi(...Array.from({ length: 1 + this.below(4) }, () => this.part()));
    }
  }

  part(): WireRequest {
    const part = this.pick(["create", "remove", "setData", "check"]);
    if (part === "remove") return remove(this.path(), this.version());
    if (part === "setData") return setData(this.path(), "m", this.version());
    if (part === "check") return check(this.path(), this.version());
    return create(this.path(), {
      flags: this.pick([0, 0, 1, 2]),
      acl: this.acls(),
      op: this.pick([1, 15] as const),
    });
  }

  read(): WireRequest {
    const watch = this.below(2) === 0;
    switch (this.below(9)) {
      case 0:
      case 1:
        return getData(this.path(), watch);
      case 2:
      case 3:
        return exists(this.path(), watch);
      case 4:
        return getChildren(this.path(), watch);
      case 5:
        return getChildren2(this.path(), watch);
      case 6:
        // Not with any path: Apache miscounts the empty path (see the table of divergences).
        return this.pick([getAcl(this.path()), getAllChildrenNumber(`/t/${this.pick(NAMES)}`)]);
      case 7:
        return this.pick([getEphemerals("/t"), sync(this.path()), whoAmI]);
      default:
        return multiRead(getData(this.path()), getChildren(this.path()));
    }
  }

  watch(zxid: bigint): WireRequest {
    const paths = (): string[] => Array.from({ length: this.below(3) }, () => this.path());
    switch (this.below(5)) {
      case 0:
      case 1:
        return addWatch(this.path(), this.below(2));
      case 2:
        return removeWatches(this.path(), 1 + this.below(5));
      case 3:
        return checkWatches(this.path(), 1 + this.below(5));
      default:
        return setWatches(zxid, {
          data: paths(),
          exist: paths(),
          child: paths(),
          persistent: paths(),
          recursive: paths(),
        });
    }
  }
}

const SET_ACL = 7;

/**
 * Several requests in one segment: their replies and the events between them come in one order. No setACL among them:
 * Apache checks the requests behind it against the old ACL for as long as it is not applied, we against the new one.
 */
function batch(dice: Dice): WireRequest[] {
  const length = 2 + dice.below(8);
  const drawn = Array.from({ length }, () => (dice.below(3) === 0 ? dice.read() : dice.write()));
  return [...drawn.filter((request) => request.op !== SET_ACL), getData(dice.path())];
}

/** What one step may also be: things that happen to connections and sessions. */
async function upheaval(t: Stage, dice: Dice, actors: Actor[], index: number): Promise<void> {
  const actor = actors[index]!;
  switch (dice.below(4)) {
    case 0:
      // One id only: two would be expanded in hash order.
      await actor.call(auth("digest", "ann:pw"));
      break;
    case 1:
      await actor.reconnect();
      break;
    case 2:
      // Ephemerals go in no particular order, and so do the events about them.
      await actor.call(
        { op: -11, label: "closeSession", body: Buffer.alloc(0) },
        { areEventsUnordered: true },
      );
      for (const other of actors) {
        if (other !== actor) await other.settle({ areEventsUnordered: true });
      }
      actors[index] = await t.connect(`${actor.name}'`);
      break;
    default:
      for (const other of actors) await other.settle();
  }
}

/** Three clients that do `steps` random things in turn; everything they see is compared. */
export function randomScenario(seed: number, steps: number): Scenario {
  return scenario(`seed ${seed}, ${steps} steps`, async (t) => {
    const dice = new Dice(seed);
    const actors: Actor[] = [];
    for (const name of ACTORS) actors.push(await t.connect(name));
    for (let step = 0; step < steps; step++) {
      const index = dice.below(actors.length);
      const roll = dice.below(100);
      if (roll < 10) await actors[index]!.pipeline(batch(dice));
      else if (roll < 50) await actors[index]!.call(dice.write());
      else if (roll < 80) await actors[index]!.call(dice.read());
      else if (roll < 94)
        await actors[index]!.call(dice.watch(t.transcript.zxidAt(BigInt(dice.below(steps)))));
      else await upheaval(t, dice, actors, index);
    }
    for (const actor of actors) await actor.settle();
    await actors[0]!.call(getChildren2("/t"));
  });
}
