import { describe, expect, it } from "vitest";
import { peerAddressText } from "../../../src/transport/peer-address.ts";

describe("peerAddressText", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["::FFFF:10.1.2.3", "10.1.2.3"],
    ["::1", "0:0:0:0:0:0:0:1"],
    ["::", "0:0:0:0:0:0:0:0"],
    ["2001:db8::1", "2001:db8:0:0:0:0:0:1"],
    ["2001:0DB8::00a1:0", "2001:db8:0:0:0:0:a1:0"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["64:ff9b::192.0.2.33", "64:ff9b:0:0:0:0:c000:221"],
    ["fe80::1%eth0", "fe80:0:0:0:0:0:0:1%eth0"],
    ["fe80::", "fe80:0:0:0:0:0:0:0"],
  ])("shows %s as Java does: %s", (address, text) => {
    expect(peerAddressText(address)).toBe(text);
  });
});
