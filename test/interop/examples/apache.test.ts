import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../src/client/index.ts";
import { type Subject, startSubject } from "../../support/apache.ts";
import { EXAMPLES, playExample } from "../../support/examples.ts";

/** What the page says that the example prints: there it was played on our server. */
function documentedOutput(name: string): string {
  const page = readFileSync(new URL(`../../../docs/examples/${name}.md`, import.meta.url), "utf8");
  return /<!-- begin output -->\n```\n([\s\S]*)```\n<!-- end output -->/.exec(page)![1]!;
}

describe("the examples against Apache 3.8 print what they print on our server", () => {
  let server: Subject;

  beforeAll(async () => {
    server = await startSubject("apache-3.8", { config: { tickTime: 500, maxClientCnxns: 0 } });
  });
  afterAll(() => server.dispose());

  it.each(Object.keys(EXAMPLES))("%s", async (name) => {
    const root = `127.0.0.1:${server.port}`;
    await using zk = await connect(root);
    await zk.create(`/${name}`);
    expect(await playExample(name, `${root}/${name}`)).toBe(documentedOutput(name));
  });
});
