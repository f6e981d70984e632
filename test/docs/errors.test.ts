import { expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { readDocs, tableRows } from "./generated-section.ts";

it("docs/errors.md has one row for every error code, in order, and says what to do", () => {
  const rows = tableRows(readDocs("errors.md"));
  const codes = Object.entries(ErrorCode).map(([name, code]) => [String(code), `\`${name}\``]);
  expect(rows.map(([code, name]) => [code, name])).toEqual(codes);
  for (const [code, , sentWhen, whatToDo] of rows) {
    expect(sentWhen, `when is ${code} sent`).toMatch(/\w{4}/);
    expect(whatToDo, `what to do about ${code}`).toMatch(/\w{4}/);
  }
});
