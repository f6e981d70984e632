import { Int64 } from "./int64.ts";

/** A session's id; all 64 bits are in use (the top byte is the id of the server that made it). */
export type SessionId = Int64;

/** "No session": the id a client sends for a new one, and the owner of a persistent znode. */
export const NO_SESSION: SessionId = Int64.ZERO;
