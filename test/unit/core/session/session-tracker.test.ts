import { describe, expect, it } from "vitest";
import { negotiateTimeout, timeoutBounds } from "../../../../src/core/session/session-timeout.ts";
import { SessionTracker } from "../../../../src/core/session/session-tracker.ts";
import { decideUpgrade } from "../../../../src/core/session/session-upgrade.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { Int64 } from "../../../../src/protocol/int64.ts";

const tracker = () => new SessionTracker({ tickTimeMs: 1000, serverId: 1, startedAtElapsedMs: 7 });
const UNKNOWN = new Int64(9, 9);

describe("session tracker", () => {
  it("knows whether a session may be used, and by whom (client-protocol 7.3)", () => {
    const sessions = tracker();
    const session = sessions.create(4000, false, 0);
    expect(sessions.check(session.id, 0)).toBe(ErrorCode.OK);
    expect(sessions.check(session.id, 5)).toBe(ErrorCode.SESSIONMOVED);
    sessions.setOwner(session, 5);
    expect(sessions.check(session.id, 5)).toBe(ErrorCode.OK);
    expect(sessions.check(session.id, 0)).toBe(ErrorCode.SESSIONMOVED);
    expect(sessions.check(UNKNOWN, 0)).toBe(ErrorCode.UNKNOWNSESSION);
    expect(sessions.checkGlobal(UNKNOWN, 0)).toBe(ErrorCode.SESSIONEXPIRED);
    sessions.startClosing(session);
    expect(sessions.check(session.id, 5)).toBe(ErrorCode.SESSIONEXPIRED);
    expect(sessions.checkGlobal(session.id, 5)).toBe(ErrorCode.SESSIONEXPIRED);
  });

  it("the first user of a recovered session becomes its owner", () => {
    const sessions = tracker();
    const session = sessions.trackGlobal(new Int64(1, 1), 4000, 0);
    expect(sessions.check(session.id, 3)).toBe(ErrorCode.OK);
    expect(sessions.check(session.id, 0)).toBe(ErrorCode.SESSIONMOVED);
  });

  it("does not renew a closing session, and it does not expire again", () => {
    const sessions = tracker();
    const session = sessions.create(4000, false, 0);
    expect(sessions.touch(session, 100)).toBe(true);
    expect(sessions.takeExpired(5000)).toEqual([session]);
    expect(session.isClosing).toBe(true);
    expect(sessions.touch(session, 5000)).toBe(false);
    expect(sessions.takeExpired(100_000)).toEqual([]);
    expect(sessions.get(session.id)).toBe(session);
    expect(sessions.remove(session.id)).toBe(session);
    expect(sessions.get(session.id)).toBeUndefined();
    expect(sessions.remove(session.id)).toBeUndefined();
  });

  it("passes over an id that a recovered session has", () => {
    const first = tracker().create(4000, false, 0).id;
    const sessions = tracker();
    sessions.trackGlobal(first, 4000, 0);
    expect(sessions.create(4000, false, 0).id.toBigInt()).toBe(first.toBigInt() + 1n);
  });

  it("keeps local sessions apart until they are upgraded", () => {
    const sessions = tracker();
    const local = sessions.create(4000, true, 0);
    sessions.create(4000, false, 0);
    expect([sessions.localCount, sessions.globalCount]).toEqual([1, 1]);
    expect([sessions.local.elementCount, sessions.global.elementCount]).toEqual([1, 1]);
    expect(sessions.checkGlobal(local.id, 0)).toBe(ErrorCode.EPHEMERALONLOCALSESSION);
    sessions.upgrade(local, 500);
    expect([sessions.localCount, sessions.globalCount]).toEqual([0, 2]);
    expect([sessions.local.elementCount, sessions.global.elementCount]).toEqual([0, 2]);
    expect(sessions.checkGlobal(local.id, 0)).toBe(ErrorCode.OK);
    sessions.upgrade(local, 600);
    expect(sessions.localCount).toBe(0);
  });

  it("makes a local session global when another server's createSession for it is committed", () => {
    const sessions = tracker();
    const local = sessions.create(4000, true, 0);
    expect(sessions.trackGlobal(local.id, 4000, 0)).toBe(local);
    expect(local.isLocal).toBe(false);
  });

  it("expires local and global sessions", () => {
    const sessions = tracker();
    const local = sessions.create(4000, true, 0);
    const global = sessions.create(4000, false, 0);
    expect(sessions.nextDeadline).toBe(1000);
    expect(new Set(sessions.takeExpired(5000))).toEqual(new Set([local, global]));
    expect([local.isClosing, global.isClosing]).toEqual([true, true]);
    sessions.remove(local.id);
    expect(sessions.localCount).toBe(0);
  });
});

describe("upgrade of local sessions", () => {
  it("happens for ephemerals only, and only where it is allowed", () => {
    const sessions = tracker();
    const local = sessions.create(4000, true, 0);
    const global = sessions.create(4000, false, 0);
    expect(decideUpgrade(local, true, true)).toBe("upgrade");
    expect(decideUpgrade(local, true, false)).toBe("refuse");
    expect(decideUpgrade(local, false, true)).toBe("none");
    expect(decideUpgrade(global, true, true)).toBe("none");
    expect(decideUpgrade(null, true, true)).toBe("none");
  });
});

describe("timeouts", () => {
  it("are clamped to 2 and 20 ticks unless configured", () => {
    expect(timeoutBounds(3000, -1, -1)).toEqual({ minMs: 6000, maxMs: 60_000 });
    expect(timeoutBounds(3000, 100, 200)).toEqual({ minMs: 100, maxMs: 200 });
    const bounds = timeoutBounds(2000, -1, -1);
    expect([-1, 0, 5000, 2 ** 31 - 1].map((wanted) => negotiateTimeout(wanted, bounds))).toEqual([
      4000, 4000, 5000, 40_000,
    ]);
  });
});
