/** The rules of paths are part of the shared language: the client needs them too and does not know the core. */
export * from "../../protocol/path.ts";
