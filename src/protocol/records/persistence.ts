import { int, int64, record, type ValueOf } from "../record.ts";

/** Module `org.apache.zookeeper.server.persistence`. */

/** First 16 bytes of a log or snapshot: magic "ZKLG" or "ZKSN", version 2, dbid. */
export const FileHeader = record("FileHeader", { magic: int, version: int, dbid: int64 });
export type FileHeader = ValueOf<typeof FileHeader>;
