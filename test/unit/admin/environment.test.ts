import { describe, expect, it } from "vitest";
import { nodeEnvironment } from "../../../src/admin/environment.ts";

describe("environment", () => {
  const environment = nodeEnvironment("1.2.3-x, built on y");

  it("has Apache's keys in Apache's order", () => {
    const keys =
      "zookeeper.version host.name java.version java.vendor java.home java.class.path java.library.path java.io.tmpdir " +
      "java.compiler os.name os.arch os.version user.name user.home user.dir os.memory.free os.memory.max os.memory.total";
    expect(environment.map(([key]) => key)).toEqual(keys.split(" "));
  });

  it("has a value of one line for each", () => {
    for (const [key, value] of environment) expect(value, key).toMatch(/^.+$/);
    for (const [key, value] of environment.slice(-3)) expect(value, key).toMatch(/^\d+MB$/);
    expect(Object.fromEntries(environment)["zookeeper.version"]).toBe("1.2.3-x, built on y");
    expect(Object.fromEntries(environment)["java.version"]).toBe(process.version);
  });
});
