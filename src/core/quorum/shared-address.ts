import type { ServerSpec } from "./membership.ts";

/**
 * An address that both servers claim, as `host:port`; undefined when there is none. Hosts are compared as written.
 * Loopback and wildcard hosts are exempt: each server has its own.
 */
export function sharedAddress(a: ServerSpec, b: ServerSpec): string | undefined {
  const others = new Set(addressesOf(b));
  return addressesOf(a).find((address) => others.has(address));
}

function addressesOf({ addresses, client, secureClient }: ServerSpec): string[] {
  const all = [
    ...addresses.flatMap(({ host, quorumPort, electionPort }) => [
      { host, port: quorumPort },
      { host, port: electionPort },
    ]),
    ...[client, secureClient].filter((address) => address !== null),
  ];
  return all
    .filter(({ host }) => !isOwnToEach(host))
    .map(({ host, port }) => `${host.toLowerCase()}:${port}`);
}

function isOwnToEach(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|0\.0\.0\.0|[0:]*:[0:]*1?)$/i.test(host);
}
