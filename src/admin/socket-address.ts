/** `host:port` with brackets around an IPv6 address: how the JSON commands show a peer. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `/host:port`: how Java prints a peer whose name nobody asked for; four-letter words and log lines have it. */
export function slashedAddress(host: string, port: number): string {
  return `/${hostAndPort(host, port)}`;
}
