import { describe, expect, it } from "vitest";
import { formatAcl, formatPerms, OPEN_ACL, Perms, parseAcl, parsePerms } from "../../../src/client/acl.ts";
import { formatAddress, parseConnectString } from "../../../src/client/connect-string.ts";
import { parseEnsembleConfig } from "../../../src/client/ensemble-config.ts";
import { KeeperError } from "../../../src/client/errors.ts";
import { Stat } from "../../../src/protocol/records/data.ts";
import type { Zxid } from "../../../src/protocol/zxid.ts";

describe("connect strings", () => {
  it.each([
    ["h", [["h", 2181]], ""],
    [
      "h:1,i:2",
      [
        ["h", 1],
        ["i", 2],
      ],
      "",
    ],
    [
      " h:1 , i ",
      [
        ["h", 1],
        ["i", 2181],
      ],
      "",
    ],
    ["h:1/app/x", [["h", 1]], "/app/x"],
    ["h:1/", [["h", 1]], ""],
    [
      "[::1]:2182,[fe80::1]",
      [
        ["::1", 2182],
        ["fe80::1", 2181],
      ],
      "",
    ],
    ["fe80::1/app", [["fe80::1", 2181]], "/app"],
  ])("%j", (text, servers, chroot) => {
    const parsed = parseConnectString(text);
    expect(parsed.servers.map(({ host, port }) => [host, port])).toEqual(servers);
    expect(parsed.chroot).toBe(chroot);
  });

  it("addresses with colons get brackets", () => {
    expect(formatAddress({ host: "::1", port: 1 })).toBe("[::1]:1");
    expect(formatAddress({ host: "h", port: 1 })).toBe("h:1");
  });
});

describe("ACLs as text", () => {
  it("round trip, with colons in the id", () => {
    const text = "digest:bob:hash=:cdrwa,world:anyone:r,ip:10.0.0.0/8:cd";
    const acl = parseAcl(text);
    expect(acl[0]).toEqual({ perms: Perms.all, id: { scheme: "digest", id: "bob:hash=" } });
    expect(formatAcl(acl)).toBe(text);
    expect(formatAcl(OPEN_ACL)).toBe("world:anyone:cdrwa");
  });

  it.each([
    ["world:anyone", /write scheme:id:perms/],
    ["world:anyone:rx", /unknown permission "x"/],
  ])("%j is refused", (text, message) => {
    expect(() => parseAcl(text)).toThrow(message);
  });

  it("permissions in the tools' order", () => {
    expect(formatPerms(parsePerms("arwdc"))).toBe("cdrwa");
    expect(parsePerms("")).toBe(0);
  });
});

describe("the ensemble's configuration", () => {
  it("members, roles, client addresses and version", () => {
    const text = [
      "server.1=zk1:2888:3888:participant;0.0.0.0:2181",
      "server.2=zk2:2888:3888:observer;2182",
      "server.3=[fd00::3]:2888:3888;[::]:2183",
      "server.4=zk4:2888:3888",
      "version=1000000a",
    ].join("\n");
    const { members, version } = parseEnsembleConfig(text, Stat.decode(new Uint8Array(68)));
    expect(version).toBe("1000000a");
    expect(members.map(({ id, role, clientAddress }) => [id, role, clientAddress])).toEqual([
      ["1", "participant", { host: "zk1", port: 2181 }],
      ["2", "observer", { host: "zk2", port: 2182 }],
      ["3", "participant", { host: "fd00::3", port: 2183 }],
      ["4", "participant", undefined],
    ]);
  });
});

describe("KeeperError", () => {
  const error = (codeNumber: number, code: KeeperError["code"]): KeeperError =>
    new KeeperError({ code, codeNumber, path: "/a", op: "setData", zxid: 5 as Zxid, index: 2 });

  it("says what, where and what to do", () => {
    expect(error(-103, "BADVERSION").message).toBe(
      "BADVERSION (-103) from setData /a (operation 2 of the multi): the version asked for is not the znode's: read it again",
    );
    expect(error(-200, "CODE-200").message).toBe(
      "CODE-200 (-200) from setData /a (operation 2 of the multi)",
    );
  });

  it("knows which refusals pass", () => {
    expect([error(-127, "THROTTLEDOP").retryable, error(-101, "NONODE").retryable]).toEqual([true, false]);
  });
});
