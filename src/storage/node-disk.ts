import type { Disk } from "../base/ports.ts";

/** The disk of the operating system: the only user of node:fs in storage. */
export declare function createNodeDisk(): Disk;
