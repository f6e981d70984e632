import type { Unpacker } from "./jute.ts";
import { auth, getAcl, getChildren, getData } from "./requests.ts";
import { WireSession } from "./wire-session.ts";

/** One znode as a super user sees it: everything that Stat, ACL and data say, with nothing left out. */
export interface WalkedNode {
  readonly data: string | null;
  readonly acl: string;
  readonly stat: string;
}

const STAT_FIELDS = [
  "czxid",
  "mzxid",
  "ctime",
  "mtime",
  "version",
  "cversion",
  "aversion",
  "owner",
  "length",
  "kids",
  "pzxid",
];
const INTS = new Set(["version", "cversion", "aversion", "length", "kids"]);

function readStat(r: Unpacker): string {
  return STAT_FIELDS.map((field) => `${field}=${INTS.has(field) ? r.int() : r.long()}`).join(" ");
}

/** The whole tree of a server by path. */
export async function walkTree(port: number): Promise<Map<string, WalkedNode>> {
  const session = await WireSession.open(port);
  await session.must(auth("digest", "super:secret"));
  const nodes = new Map<string, WalkedNode>();
  const pending = ["/"];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const content = await session.must(getData(path));
    const data = content.buffer()?.toString("hex") ?? null;
    const stat = readStat(content);
    const acl = await session.must(getAcl(path));
    const entries = acl.vector(() => `${acl.int()}:${acl.string()}:${acl.string()}`) ?? [];
    nodes.set(path, { data, stat, acl: entries.join(",") });
    const listing = await session.must(getChildren(path));
    const prefix = path === "/" ? "" : path;
    for (const name of (listing.vector(() => listing.string()) ?? []).sort())
      pending.push(`${prefix}/${name}`);
  }
  await session.ask({ op: -11, label: "closeSession", body: Buffer.alloc(0) });
  session.drop();
  return new Map([...nodes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
