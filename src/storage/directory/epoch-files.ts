import { Buffer } from "node:buffer";
import { invariant } from "../../base/invariant.ts";
import type { Disk } from "../../base/ports.ts";
import { EPOCH_MAX } from "../../protocol/zxid.ts";
import { StartRefused } from "../start-refused.ts";
import { writeAtomically } from "./atomic-file.ts";
import { pathIn } from "./file-names.ts";

type EpochName = "acceptedEpoch" | "currentEpoch";

/**
 * `acceptedEpoch` and `currentEpoch` in the snapshot directory: decimal text without a newline (quorum-protocol 3.6).
 * A write is durable when it resolves.
 */
export class EpochFiles {
  readonly #disk: Disk;
  readonly #directory: string;

  /** `directory` is `DataDirectory.snapDir`. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Undefined when the file does not exist. Throws StartRefused when it holds no epoch. */
  readAccepted(): Promise<number | undefined> {
    return this.#read("acceptedEpoch");
  }

  readCurrent(): Promise<number | undefined> {
    return this.#read("currentEpoch");
  }

  writeAccepted(epoch: number): Promise<void> {
    return this.#write("acceptedEpoch", epoch);
  }

  writeCurrent(epoch: number): Promise<void> {
    return this.#write("currentEpoch", epoch);
  }

  async #read(name: EpochName): Promise<number | undefined> {
    const path = pathIn(this.#directory, name);
    if ((await this.#disk.size(path)) === undefined) return undefined;
    const text = Buffer.from(await this.#disk.readFile(path)).toString("latin1");
    const epoch = /^\d{1,10}\r?\n?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
    if (epoch <= EPOCH_MAX) return epoch;
    throw new StartRefused(
      "epoch-file",
      `${path} should hold an epoch (a number from 0 to ${EPOCH_MAX}) and holds ${JSON.stringify(text.slice(0, 40))}. ` +
        "Move version-2 of this server aside (keep myid) and start again: it gets its data from the leader.",
      { file: path },
    );
  }

  async #write(name: EpochName, epoch: number): Promise<void> {
    invariant(
      Number.isInteger(epoch) && epoch >= 0 && epoch <= EPOCH_MAX,
      `${name} ${epoch} is not an epoch`,
    );
    await writeAtomically(this.#disk, this.#directory, name, Buffer.from(String(epoch), "latin1"));
  }
}
