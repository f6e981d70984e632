/** Sizes in bytes of the messages of one kind; all three are -1 before the first one. */
export interface BufferSizes {
  readonly lastBytes: number;
  readonly minBytes: number;
  readonly maxBytes: number;
}
