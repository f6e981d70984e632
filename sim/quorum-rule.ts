/** Which sets of servers decide (quorum-protocol 2.8), worked out without the code of the servers. */
export interface QuorumRule {
  /** Sids of participants, ascending. */
  readonly voters: readonly number[];
  /** Every `server.N=` line by sid. */
  readonly lines: ReadonlyMap<number, string>;
  /** Others than voters do not count. */
  isQuorum(servers: Iterable<number>): boolean;
  /** 1 for everybody where the majority decides. */
  weightOf(server: number): number;
}

/** The rule of a configuration's text: lines of servers, groups and weights. What else stands there does not matter. */
export function quorumRuleOf(text: string): QuorumRule {
  const lines = new Map<number, string>();
  const groups: number[][] = [];
  const weights = new Map<number, number>();
  for (const line of text.split("\n")) {
    const [, kind, id, value] = /^(server|group|weight)\.(\d+)=(.*)$/.exec(line) ?? [];
    if (kind === "server") lines.set(Number(id), line);
    else if (kind === "group") groups.push(value!.split(":").map(Number));
    else if (kind === "weight") weights.set(Number(id), Number(value));
  }
  const voters = [...lines]
    .filter(([, line]) => !line.split(";")[0]!.endsWith(":observer"))
    .map(([server]) => server)
    .sort((a, b) => a - b);
  if (groups.length === 0) {
    return {
      voters,
      lines,
      weightOf: () => 1,
      isQuorum: (servers) => present(servers, voters).length * 2 > voters.length,
    };
  }
  const weightOf = (server: number): number => weights.get(server) ?? 1;
  const weigh = (servers: readonly number[]): number =>
    servers.reduce((sum, server) => sum + weightOf(server), 0);
  // Observers make their group heavier and lift nothing.
  const heavy = groups.filter((group) => weigh(group) > 0);
  return {
    voters,
    lines,
    weightOf,
    isQuorum(servers) {
      const there = present(servers, voters);
      const won = heavy.filter(
        (group) => weigh(there.filter((server) => group.includes(server))) * 2 > weigh(group),
      );
      return won.length * 2 > heavy.length;
    },
  };
}

function present(servers: Iterable<number>, voters: readonly number[]): number[] {
  const set = new Set(servers);
  return voters.filter((server) => set.has(server));
}
