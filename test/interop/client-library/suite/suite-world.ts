import type { Client, connect } from "../../../../src/client/index.ts";
import type { FaultProxy } from "../../../../src/testing/index.ts";
import { Changes } from "../../../support/changes.ts";

/** A server that the suite runs against. */
export interface SuiteServer {
  readonly port: number;
  stop(): Promise<void>;
  start(): Promise<unknown>;
}

export interface SuiteOptions {
  readonly start: () => Promise<SuiteServer>;
  readonly dispose: (server: SuiteServer) => Promise<void>;
  /** 3.9 and later: events carry their zxid, the types of persistent watches can be removed alone. */
  readonly isSince39: boolean;
}

/** What the parts of the suite have in common. The server and the proxy are there when a test runs, not before. */
export interface SuiteWorld {
  readonly isSince39: boolean;
  readonly server: SuiteServer;
  /** In front of the server. */
  readonly proxy: FaultProxy;
  /** A client behind the proxy, which is closed when the test is over. */
  client(options?: Parameters<typeof connect>[1], chroot?: string): Promise<Client>;
  /** Has this client, too, closed when the test is over. */
  adopt(client: Client): void;
  /** A path that nobody has used. */
  fresh(): string;
  /** Breaks the connection, and waits until the client has a new one. */
  lose(client: Client): Promise<void>;
}

export const textOf = (data: Uint8Array | null): string | null =>
  data === null ? null : new TextDecoder().decode(data);

/** Collects events and lets a test wait for the n-th. */
export class Events<E> {
  readonly all: E[] = [];
  readonly #changes = new Changes();
  readonly take = (event: E): void => {
    this.all.push(event);
    this.#changes.note();
  };

  async count(wanted: number): Promise<E[]> {
    await this.#changes.until(() => this.all.length >= wanted);
    return this.all;
  }
}
