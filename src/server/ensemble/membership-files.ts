import { Buffer } from "node:buffer";
import type { Disk } from "../../base/ports.ts";
import type { Config } from "../../config/config.ts";
import { type Membership, memberOf } from "../../core/quorum/membership.ts";
import { memberLines } from "../../core/quorum/membership-text.ts";
import type { QuorumView } from "../../core/quorum/quorum-view.ts";
import { ZXID_ZERO, type Zxid, zxidToHex } from "../../protocol/zxid.ts";
import { writeAtomically } from "../../storage/directory/atomic-file.ts";
import { pathIn } from "../../storage/directory/file-names.ts";
import { editStaticConfig } from "./static-config-edit.ts";

/**
 * The files beside the static configuration file that hold the ensemble's configuration (quorum-protocol 5.2): the committed
 * one in `<cfg>.dynamic.<version>`, to which the static file points, the proposed one in `<cfg>.dynamic.next`. Every file is
 * replaced as a whole and durable when a method resolves. Without `reconfigEnabled`, or without a file, nothing is stored.
 */
export class MembershipFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Name of the static file; null: nothing is stored. */
  readonly #name: string | null;
  readonly #serverId: number;
  #stored: Zxid;

  constructor(config: Config, disk: Disk) {
    const { files, ensemble } = config;
    const path = ensemble.allowsReconfig ? files.configFile : null;
    const nameAt = path === null ? 0 : path.lastIndexOf("/") + 1;
    this.#disk = disk;
    this.#name = path?.slice(nameAt) ?? null;
    this.#directory = path === null ? "" : path.slice(0, Math.max(1, nameAt - 1));
    this.#serverId = files.serverId;
    this.#stored = ensemble.membership?.version ?? ZXID_ZERO;
  }

  /** Keeps a copy of a static file that holds the ensemble itself, as `<cfg>.bak`: at start, before it is taken apart. */
  async backUp(): Promise<void> {
    if (this.#name === null) return;
    const bytes = await this.#disk.readFile(pathIn(this.#directory, this.#name));
    await writeAtomically(this.#disk, this.#directory, `${this.#name}.bak`, bytes);
  }

  async store({ committed, lastSeen }: QuorumView): Promise<void> {
    if (this.#name === null) return;
    if (committed.version > this.#stored) {
      await this.#activate(this.#name, committed);
      this.#stored = committed.version;
    }
    const next = `${this.#name}.dynamic.next`;
    if (lastSeen !== null && lastSeen.version > committed.version) {
      const lines = [...memberLines(lastSeen), `version=${zxidToHex(lastSeen.version)}`];
      await writeAtomically(this.#disk, this.#directory, next, dynamicFile(lines));
    } else if ((await this.#disk.size(pathIn(this.#directory, next))) !== undefined) {
      await this.#disk.remove(pathIn(this.#directory, next));
      await this.#disk.syncDirectory(this.#directory);
    }
  }

  /** First the file, then the pointer to it. Old files stay. */
  async #activate(name: string, committed: Membership): Promise<void> {
    const dynamic = `${name}.dynamic.${zxidToHex(committed.version)}`;
    await writeAtomically(this.#disk, this.#directory, dynamic, dynamicFile(memberLines(committed)));
    const before = await this.#disk.readFile(pathIn(this.#directory, name));
    const edited = editStaticConfig(before, {
      dynamicConfigFile: pathIn(this.#directory, dynamic),
      // Its own line says where clients connect, and may do so differently after the next reconfig.
      hasClientAddress: (memberOf(committed, this.#serverId)?.client ?? null) !== null,
    });
    await writeAtomically(this.#disk, this.#directory, name, edited);
  }
}

/** Sorted as text, as Apache does it, and without a newline at the end. */
function dynamicFile(lines: readonly string[]): Buffer {
  return Buffer.from([...lines].sort().join("\n"), "latin1");
}
