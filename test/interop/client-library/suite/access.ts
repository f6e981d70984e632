import { describe, expect, it } from "vitest";
import { CREATOR_ACL, OPEN_ACL, READ_ACL } from "../../../../src/client/index.ts";
import { type SuiteWorld, textOf } from "./suite-world.ts";

/** Who may do what, and how a client says who it is. */
export function accessSuite({ client, fresh, lose }: SuiteWorld): void {
  describe("ACLs and authentication", () => {
    it("digest: who created it may, others may not", async () => {
      const owner = await client({ auth: [{ scheme: "digest", auth: "bob:secret" }] });
      const other = await client();
      const path = fresh();
      await owner.create(path, { data: "s", acl: CREATOR_ACL });
      await expect(other.get(path)).rejects.toMatchObject({ code: "NOAUTH" });
      await other.addAuth("digest", "bob:secret");
      expect(textOf((await other.get(path)).data)).toBe("s");
      expect(await other.whoAmI()).toContainEqual({ scheme: "digest", user: "bob" });
      const { acl, stat } = await owner.getAcl(path);
      expect(acl[0]?.id.scheme).toBe("digest");
      expect((await owner.setAcl(path, READ_ACL, { aversion: stat.aversion })).aversion).toBe(1);
      expect(OPEN_ACL[0]?.perms).toBe(31);
    });

    it("credentials are sent again after a loss", async () => {
      const zk = await client({ auth: [{ scheme: "digest", auth: "amy:pw" }] });
      const path = fresh();
      await zk.create(path, { acl: CREATOR_ACL });
      await lose(zk);
      expect((await zk.get(path)).stat.version).toBe(0);
    });

    it("an unknown scheme ends the client with a reason", async () => {
      const zk = await client();
      const refused = zk.addAuth("nonsense", "x");
      await expect(refused).rejects.toMatchObject({ name: "AuthFailedError" });
      await zk.when("authFailed");
      await expect(zk.get("/")).rejects.toMatchObject({ name: "AuthFailedError", retryable: false });
    });
  });
}
