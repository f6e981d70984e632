import { describe, expect, it } from "vitest";
import {
  decodeConnectRequest,
  decodeConnectResponse,
  encodeConnectRequest,
  PASSWORD_BYTES,
  refusedConnectResponse,
  writeConnectResponse,
} from "../../../src/protocol/handshake.ts";
import { Int64 } from "../../../src/protocol/int64.ts";
import { JuteError } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";

const REQUEST = {
  protocolVersion: 0,
  lastZxidSeen: 0x1_0000_0005,
  timeOut: 30_000,
  sessionId: Int64.fromHex("ff00001b303b0001"),
  passwd: Buffer.alloc(PASSWORD_BYTES, 7),
  readOnly: true,
};

describe("handshake", () => {
  it("round-trips a request with and without its last byte", () => {
    const modern = encodeConnectRequest(REQUEST);
    expect(modern).toHaveLength(45);
    expect(decodeConnectRequest(modern)).toEqual({ record: REQUEST, hasReadOnly: true });
    const old = encodeConnectRequest(REQUEST, false);
    expect(old).toHaveLength(44);
    expect(decodeConnectRequest(old)).toEqual({
      record: { ...REQUEST, readOnly: false },
      hasReadOnly: false,
    });
  });

  it("takes any password of a new session: null, empty, short (client-protocol 2.1)", () => {
    for (const passwd of [null, Buffer.alloc(0), Buffer.alloc(4)]) {
      const request = { ...REQUEST, sessionId: Int64.ZERO, passwd };
      expect(decodeConnectRequest(encodeConnectRequest(request)).record).toEqual(request);
    }
  });

  it("refuses a request that ends early or promises a longer password than it has", () => {
    const bytes = encodeConnectRequest(REQUEST);
    for (let length = 0; length < 44; length++) {
      expect(() => decodeConnectRequest(bytes.subarray(0, length))).toThrow(JuteError);
    }
    const lying = Buffer.from(bytes);
    lying.writeInt32BE(18, 24);
    expect(() => decodeConnectRequest(lying)).toThrow(/buffer at offset 28 needs 18 bytes, 17 are left/);
  });

  it("mirrors the readOnly byte in the response: 37 or 36 bytes", () => {
    const response = {
      protocolVersion: 0,
      timeOut: 4000,
      sessionId: REQUEST.sessionId,
      passwd: REQUEST.passwd,
    };
    for (const hasReadOnly of [true, false]) {
      const writer = new JuteWriter(8);
      writeConnectResponse(writer, { ...response, readOnly: hasReadOnly }, hasReadOnly);
      expect(writer.length).toBe(hasReadOnly ? 37 : 36);
      expect(decodeConnectResponse(writer.bytes())).toEqual({
        record: { ...response, readOnly: hasReadOnly },
        hasReadOnly,
      });
    }
  });

  it("refuses with zeros that every client understands", () => {
    const writer = new JuteWriter();
    writeConnectResponse(writer, refusedConnectResponse(false), true);
    // G46 of the reference
    expect(writer.bytes().toString("hex")).toBe(
      "00000000000000000000000000000000000000100000000000000000000000000000000000",
    );
  });

  it("tells a ConnectResponse from the bare header of a server that cannot be used", () => {
    const header = Buffer.from("000000000000000100000022ffffff89", "hex");
    expect(() => decodeConnectResponse(header)).toThrow(JuteError);
  });
});
