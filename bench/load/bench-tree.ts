import { ErrorCode } from "../../src/protocol/error-code.ts";
import { SetupClient } from "./setup-client.ts";
import { createTemplate, taggedData } from "./templates.ts";

/** The znodes that throughput jobs read and write: `/bench/d0` …, each with data that begins with its number. */
export const DATA_NODES = 1000;
export const DATA_BYTES = 1024;
const BENCH_ROOT = "/bench";
export const CHURN_ROOT = "/bench/churn";
export const WATCHED_PATH = "/bench/watched";

export const dataPath = (index: number): string => `${BENCH_ROOT}/d${index}`;

/** Creates the znodes, or finds them there. */
export async function prepareTree(port: number): Promise<void> {
  const client = await SetupClient.connect(port);
  const wanted: [string, Buffer][] = [
    [BENCH_ROOT, Buffer.alloc(0)],
    [CHURN_ROOT, Buffer.alloc(0)],
    [WATCHED_PATH, Buffer.alloc(8)],
  ];
  for (let i = 0; i < DATA_NODES; i++) wanted.push([dataPath(i), taggedData(i, DATA_BYTES)]);
  const replies = await Promise.all(
    wanted.map(([path, data]) => client.request(createTemplate(path, data).frame)),
  );
  replies.forEach(({ err }, i) => {
    if (err !== ErrorCode.OK && err !== ErrorCode.NODEEXISTS) {
      throw new Error(`create ${wanted[i]![0]} was answered with error ${err}`);
    }
  });
  await client.close();
}

/** Sum of the versions of all data znodes: how many setData were ever applied to them. */
export async function sumOfVersions(port: number): Promise<number> {
  const client = await SetupClient.connect(port);
  await client.sync();
  const nodes = await Promise.all(Array.from({ length: DATA_NODES }, (_, i) => client.getData(dataPath(i))));
  await client.close();
  return nodes.reduce((sum, { stat }) => sum + stat.version, 0);
}

/** Children that were ever created and deleted under the churn znode, and that are left. */
export async function churn(port: number): Promise<{ changes: number; left: number }> {
  const client = await SetupClient.connect(port);
  await client.sync();
  const { stat } = await client.getData(CHURN_ROOT);
  await client.close();
  return { changes: stat.cversion, left: stat.numChildren };
}
