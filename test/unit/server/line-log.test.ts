import { describe, expect, it } from "vitest";
import { formatLine, type LogRecord, RecordLog } from "../../../src/server/line-log.ts";
import { ProcessLog } from "../../../src/server/process-log.ts";

const AT = new Date(2026, 10, 21, 9, 5, 7, 42).getTime();
const line = (message: string, fields: object = {}, level: LogRecord["level"] = "info"): string =>
  formatLine({ level, wallMs: AT, fields, message });

describe("formatLine", () => {
  it("shows time, level, message and fields", () => {
    expect(
      line("it happened", { count: 3, path: "/a", name: "two words", empty: "", absent: undefined }),
    ).toBe('2026-11-21 09:05:07,042 INFO  it happened count=3 path=/a name="two words" empty=""\n');
    expect(line("bad", {}, "error")).toBe("2026-11-21 09:05:07,042 ERROR bad\n");
  });

  it("stays one line whatever is in it, and keeps the tabs of the audit log", () => {
    const text = line("a\tb\nFATAL forged\u2028", { path: "/x\ny", list: ["p\n"] });
    expect(text.trimEnd()).not.toMatch(/[\n\r\u2028]/);
    expect(text).toContain("a\tb\\u000aFATAL forged\\u2028");
    expect(text).toContain('path="/x\\ny"');
  });

  it("does not show the mark of audit lines", () => {
    expect(line("user=bob\tresult=success", { audit: true })).toBe(
      "2026-11-21 09:05:07,042 INFO  user=bob\tresult=success\n",
    );
  });
});

describe("RecordLog", () => {
  it("hands on what is at least of its level", () => {
    const levels: string[] = [];
    const log = new RecordLog("warn", ({ level }) => levels.push(level));
    for (const level of ["debug", "info", "warn", "error", "fatal"] as const) log[level]({}, "x");
    expect(levels).toEqual(["warn", "error", "fatal"]);
  });
});

describe("ProcessLog", () => {
  function create(format: "text" | "json") {
    const lines: string[] = [];
    const processLog = new ProcessLog({ level: "info", format, write: (text) => lines.push(text) });
    return { lines, processLog, log: processLog.log };
  }

  it("keeps early lines for pino and their order and times", async () => {
    const { lines, processLog, log } = create("json");
    const before = Date.now();
    log.info({ n: 1 }, "early");
    log.debug({}, "not at this level");
    expect(lines).toEqual([]);
    await processLog.open();
    log.warn({ n: 2 }, "late");
    const parsed = lines.map((text) => JSON.parse(text));
    expect(parsed).toMatchObject([
      { level: 30, n: 1, message: "early" },
      { level: 40, n: 2, message: "late" },
    ]);
    expect(parsed[0].time).toBeGreaterThanOrEqual(before);
    expect(parsed[1].time).toBeGreaterThanOrEqual(parsed[0].time);
  });

  it("writes lines for people", async () => {
    const { lines, processLog, log } = create("text");
    await processLog.open();
    log.error({ path: "/a" }, "broken");
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ERROR broken path=\/a\n$/);
  });

  it("goes on when the disk under it is full, and tells then how much is missing", async () => {
    const lines: string[] = [];
    let isFull = true;
    const write = (text: string): void => {
      if (isFull)
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      lines.push(text);
    };
    const processLog = new ProcessLog({ level: "info", format: "text", write });
    processLog.log.info({}, "early");
    await processLog.open();
    processLog.log.info({}, "late");
    isFull = false;
    processLog.log.info({}, "again");
    expect(lines).toEqual([
      expect.stringMatching(/^\n.* WARN {2}2 lines of this log are lost: they could not be written\n$/),
      expect.stringMatching(/ INFO {2}again\n$/),
    ]);
  });

  it.each(["text", "json"] as const)("flushes without pino when the process ends early (%s)", (format) => {
    const { lines, processLog, log } = create(format);
    log.fatal({ code: 1 }, "the end");
    processLog.flush();
    log.info({}, "one more");
    expect(lines).toHaveLength(2);
    if (format === "json")
      expect(JSON.parse(lines[0]!)).toMatchObject({ level: 60, code: 1, message: "the end" });
    else expect(lines[0]).toMatch(/ FATAL the end code=1\n$/);
  });
});
