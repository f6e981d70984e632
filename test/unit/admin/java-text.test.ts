import { describe, expect, it } from "vitest";
import { javaDate } from "../../../src/admin/java-date.ts";
import { javaDouble, roundToFourDigits } from "../../../src/admin/java-number.ts";
import { lastOperationName } from "../../../src/admin/last-operation.ts";
import { hostAndPort, slashedAddress } from "../../../src/admin/socket-address.ts";
import { OpCode } from "../../../src/protocol/opcode.ts";

describe("doubles as Java prints them", () => {
  it.each([
    [0, "0.0"],
    [1, "1.0"],
    [2.25, "2.25"],
    [0.001, "0.001"],
    [0.0005, "5.0E-4"],
    [0.00012, "1.2E-4"],
    [9_999_999, "9999999.0"],
    [10_000_000, "1.0E7"],
    [12_345_678.5, "1.23456785E7"],
    [-3, "-3.0"],
    [Number.NaN, "NaN"],
  ])("%d is %s", (value, text) => {
    expect(javaDouble(value)).toBe(text);
  });

  it.each([
    [1 / 3, 0.3333],
    [2 / 3, 0.6667],
    [0.00005, 0.0001],
    [78, 78],
  ])("%d is rounded to %d", (value, rounded) => {
    expect(roundToFourDigits(value)).toBe(rounded);
  });
});

describe("dates as Java prints them", () => {
  it("have Java's order of parts and two digits each", () => {
    expect(javaDate(Date.UTC(2026, 0, 2, 3, 4, 5))).toMatch(
      /^(Thu|Fri|Sat) Jan 0[1-3] \d\d:\d\d:05 [A-Z0-9:+-]+ 2026$/,
    );
  });
});

describe("addresses", () => {
  it("have brackets around IPv6 only", () => {
    expect(hostAndPort("127.0.0.1", 2181)).toBe("127.0.0.1:2181");
    expect(hostAndPort("0:0:0:0:0:0:0:1", 2181)).toBe("[0:0:0:0:0:0:0:1]:2181");
    expect(slashedAddress("127.0.0.1", 1)).toBe("/127.0.0.1:1");
  });
});

describe("names of last operations", () => {
  it("exist for every request that counts as one", () => {
    const none = ["notification", "auth", "sasl", "error"];
    for (const [name, code] of Object.entries(OpCode)) {
      if (none.includes(name)) expect(lastOperationName(code), name).toBe("NA");
      else expect(lastOperationName(code), name).toMatch(/^[A-Z0-9]{4}(CN)?$/);
    }
    expect(lastOperationName(null)).toBe("NA");
    expect(lastOperationName(OpCode.getChildren2)).toBe("GETC");
  });
});
