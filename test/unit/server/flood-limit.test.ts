import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FloodLimit, SAME_LINES_MAX } from "../../../src/server/flood-limit.ts";
import type { LogRecord } from "../../../src/server/line-log.ts";

let written: string[];
let limit: FloodLimit;

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  limit = new FloodLimit(({ message }) => void written.push(message));
});

afterEach(() => {
  vi.useRealTimers();
});

function warn(message: string, level: LogRecord["level"] = "warn"): void {
  limit.take({ level, wallMs: 0, fields: {}, message });
}

it("writes what does not come in masses as it is, in order", () => {
  const lines = Array.from({ length: SAME_LINES_MAX }, (_, i) => `link from 10.0.0.${i}:4711 closed`);
  for (const line of lines) warn(line);
  vi.advanceTimersByTime(1000);
  expect(written).toEqual(lines);
});

it("counts the others of a second, tells how many and shows the last of them", () => {
  for (let i = 1; i <= 3000; i++) warn(`link from [fe80::${i.toString(16)}]:${i} closed: "${"x".repeat(i)}"`);
  warn("cannot connect to server 2");
  expect(written).toHaveLength(SAME_LINES_MAX + 1);
  vi.advanceTimersByTime(1000);
  expect(written).toHaveLength(SAME_LINES_MAX + 2);
  expect(written.at(-1)).toMatch(
    /^link from \[fe80::bb8\]:3000 closed: "x+" \(the last of 2980 more lines like those before/,
  );
  warn("link from [fe80::1]:1 closed");
  expect(written).toHaveLength(SAME_LINES_MAX + 3);
});

it("lets no other level wait", () => {
  for (let i = 0; i < 100; i++) warn(`error ${i}`, "error");
  for (let i = 0; i < 100; i++) warn(`session ${i} expired`, "info");
  expect(written).toHaveLength(200);
});

it("cannot be made to grow by what others put into their lines", () => {
  const word = (i: number): string => i.toString(26).replace(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)]!);
  for (let i = 0; i < 5000; i++) warn(`said ${word(i)}`);
  expect(written.length).toBeLessThan(200);
  vi.advanceTimersByTime(1000);
  expect(written.at(-1)).toMatch(/more lines like those before/);
});

it("tells what was left out at the end", () => {
  for (let i = 0; i < 30; i++) warn(`number ${i}`);
  limit.flush();
  expect(written.at(-1)).toBe("number 29 (the last of 10 more lines like those before, within a second)");
  vi.advanceTimersByTime(2000);
  expect(written).toHaveLength(SAME_LINES_MAX + 1);
});
