import { expect, it } from "vitest";
import { MULTI_READ_BYTES_MAX } from "../../../../src/core/operations/multi-read.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { type MultiOp, writeMultiRequest } from "../../../../src/protocol/multi.ts";
import { OpCode } from "../../../../src/protocol/opcode.ts";
import { buffer, int, ustring } from "../../../../src/protocol/record.ts";
import { CoreHarness, encode } from "../../../support/core-harness.ts";

const DATA_BYTES = 1_000_000;

function multiReadOf(count: number): Uint8Array {
  const op: MultiOp = { type: OpCode.getData, path: "/", watch: false };
  const writer = new JuteWriter();
  writeMultiRequest(writer, Array<MultiOp>(count).fill(op));
  return writer.take(0);
}

it("is refused when its results would be larger than any client takes", () => {
  const client = new CoreHarness().connect();
  client.call(OpCode.setData, encode(ustring, "/", buffer, new Uint8Array(DATA_BYTES), int, -1));
  const countMax = Math.floor(MULTI_READ_BYTES_MAX / (DATA_BYTES + 100));
  const taken = client.call(OpCode.multiRead, multiReadOf(countMax));
  expect(taken.err).toBe(ErrorCode.OK);
  expect(taken.body.remaining).toBeGreaterThan(countMax * DATA_BYTES);
  const refused = client.call(OpCode.multiRead, multiReadOf(30_000));
  expect([refused.err, refused.body.remaining]).toEqual([ErrorCode.MARSHALLINGERROR, 0]);
  expect(client.call(OpCode.multiRead, multiReadOf(1)).err).toBe(ErrorCode.OK);
});
