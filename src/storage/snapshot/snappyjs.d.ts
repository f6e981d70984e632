/** The block codec of Snappy; the stream format around the blocks is ours (snappy-stream.ts). */
declare module "snappyjs" {
  export function compress(input: Uint8Array): Uint8Array;
  /** Throws an Error for a broken block, or when it would expand beyond `lengthMax`. */
  export function uncompress(input: Uint8Array, lengthMax: number): Uint8Array;
}
