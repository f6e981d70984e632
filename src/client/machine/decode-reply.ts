import { Buffer } from "node:buffer";
import type { JuteReader } from "../../protocol/jute-reader.ts";
import { type MultiResult, readMultiResponse } from "../../protocol/multi.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { vector } from "../../protocol/record.ts";
import { ACL, ClientInfo, type Stat } from "../../protocol/records/data.ts";
import type { Call } from "./call.ts";

const acls = vector(ACL);
const identities = vector(ClientInfo);

/**
 * Reads the body of a successful reply as the value that the call resolves with. Bytes are copied: the frame is only
 * valid now. @throws JuteError when it is not the record that belongs to the operation
 */
export function decodeReply(call: Call, reader: JuteReader, chroot: string): unknown {
  switch (call.op) {
    case OpCode.getData:
    case OpCode.reconfig:
      return { data: copied(reader.readBuffer()), stat: readStat(reader) };
    case OpCode.exists:
    case OpCode.setData:
    case OpCode.setACL:
      return readStat(reader);
    case OpCode.getChildren2:
      return { children: readStrings(reader), stat: readStat(reader) };
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL: {
      const path = withoutChroot(reader.readString() ?? "", chroot);
      return { path, stat: readStat(reader), zxid: call.zxid };
    }
    case OpCode.getACL:
      return { acl: acls.read(reader) ?? [], stat: readStat(reader) };
    case OpCode.multi:
    case OpCode.multiRead:
      return readMultiResponse(reader).map(detached);
    case OpCode.getEphemerals:
      return readStrings(reader).map((path) => withoutChroot(path, chroot));
    case OpCode.getAllChildrenNumber:
      return reader.readInt();
    case OpCode.whoAmI:
      return (identities.read(reader) ?? []).map(({ authScheme, user }) => ({
        scheme: authScheme ?? "",
        user: user ?? "",
      }));
    default:
      return undefined;
  }
}

/** `/app/a` → `/a`, `/app` → `/` for the chroot `/app`; what is not below it (the configuration) stays. */
export function withoutChroot(path: string, chroot: string): string {
  if (chroot === "" || !path.startsWith(chroot)) return path;
  if (path.length === chroot.length) return "/";
  return path.charCodeAt(chroot.length) === SLASH ? path.slice(chroot.length) : path;
}

const SLASH = 0x2f;

function copied(view: Uint8Array | null): Uint8Array | null {
  return view === null ? null : Buffer.from(view);
}

/** The same as `Stat.read`, without the detour over the layout: it is in nearly every reply. */
function readStat(reader: JuteReader): Stat {
  return {
    czxid: reader.readZxid(),
    mzxid: reader.readZxid(),
    ctime: reader.readLong(),
    mtime: reader.readLong(),
    version: reader.readInt(),
    cversion: reader.readInt(),
    aversion: reader.readInt(),
    ephemeralOwner: reader.readInt64(),
    dataLength: reader.readInt(),
    numChildren: reader.readInt(),
    pzxid: reader.readZxid(),
  };
}

function readStrings(reader: JuteReader): string[] {
  const count = reader.readCount(4);
  const out: string[] = [];
  for (let i = 0; i < count; i++) out.push(reader.readString() ?? "");
  return out;
}

function detached(result: MultiResult): MultiResult {
  return result.type === OpCode.getData ? { ...result, data: copied(result.data) } : result;
}
