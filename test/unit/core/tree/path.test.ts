import { describe, expect, it } from "vitest";
import {
  hasSlashAndNoNul,
  isBelowZookeeper,
  isSystemPath,
  nameOf,
  parentOf,
  sequenceSuffix,
  validatePath,
} from "../../../../src/core/tree/path.ts";

describe("validatePath (client-protocol 4.2)", () => {
  it.each([
    "/",
    "/a",
    "/a/b/c",
    "/a b",
    "/...",
    "/.a",
    "/a..",
    "/a/..b",
    "/\u2028",
    "/\u200b",
    "/\ufeff",
    "/é中",
    "/\uf900",
    "/\uffef",
    "/\ud7ff",
    "/~",
  ])("accepts %j", (path) => expect(validatePath(path)).toBeUndefined());

  it.each([
    [null, "path is null"],
    ["", "path is empty"],
    ["abc", "path must start with a / character"],
    ["/a/", "path must not end with a / character"],
    ["//", "path must not end with a / character"],
    ["//a", "empty znode name at offset 1"],
    ["/a//b", "empty znode name at offset 3"],
    ["/.", "relative path segment at offset 1"],
    ["/..", "relative path segment at offset 1"],
    ["/a/./b", "relative path segment at offset 3"],
    ["/a/../b", "relative path segment at offset 3"],
    ["/a/..", "relative path segment at offset 3"],
    ["/a\0b", "NUL character at offset 2"],
    ["/\u0001", "invalid character U+0001 at offset 1"],
    ["/\u001f", "invalid character U+001F at offset 1"],
    ["/\u007f", "invalid character U+007F at offset 1"],
    ["/\u009f", "invalid character U+009F at offset 1"],
    ["/a\ud800", "invalid character U+D800 at offset 2"],
    ["/\uf8ff", "invalid character U+F8FF at offset 1"],
    ["/\ufff0", "invalid character U+FFF0 at offset 1"],
    ["/\uffff", "invalid character U+FFFF at offset 1"],
    ["/😀", "invalid character U+D83D at offset 1"],
  ])("refuses %j: %s", (path, reason) => expect(validatePath(path)).toBe(reason));
});

describe("parts of a path", () => {
  it("finds the parent", () => {
    expect(parentOf("/a/b")).toBe("/a");
    expect(parentOf("/a")).toBe("/");
    expect(parentOf("/")).toBeUndefined();
    expect(parentOf("a")).toBeUndefined();
    expect(parentOf("")).toBeUndefined();
  });

  it("finds the name", () => {
    expect(nameOf("/a/b")).toBe("b");
    expect(nameOf("/a")).toBe("a");
    expect(nameOf("/")).toBe("");
  });
});

describe("special paths", () => {
  it.each(["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"])("%s cannot be deleted", (path) =>
    expect(isSystemPath(path)).toBe(true),
  );
  it.each(["", "/zookeeper/", "/zookeeper/quota/a", "/zookeepers"])("%j is an ordinary path", (path) =>
    expect(isSystemPath(path)).toBe(false),
  );
  it("leaves out of the digest what is below /zookeeper, not /zookeeper itself", () => {
    expect(isBelowZookeeper("/zookeeper/config")).toBe(true);
    expect(isBelowZookeeper("/zookeeper")).toBe(false);
    expect(isBelowZookeeper("/zookeepers/a")).toBe(false);
  });
  it("has the check that create makes first", () => {
    expect(hasSlashAndNoNul("/a/")).toBe(true);
    expect(hasSlashAndNoNul("abc")).toBe(false);
    expect(hasSlashAndNoNul("/a\0")).toBe(false);
  });
});

describe("sequenceSuffix (client-protocol 4.6)", () => {
  it.each([
    [0, "0000000000"],
    [7, "0000000007"],
    [2147483647, "2147483647"],
    [-1, "-000000001"],
    [-2147483647, "-2147483647"],
    [-2147483648, "-2147483648"],
  ])("%i → %s", (counter, suffix) => expect(sequenceSuffix(counter)).toBe(suffix));
});
