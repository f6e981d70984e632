import type { Int64 } from "./int64.ts";
import { JuteReader } from "./jute-reader.ts";
import { JuteWriter } from "./jute-writer.ts";
import type { Zxid } from "./zxid.ts";

/** How one value is written to and read from jute bytes. */
export interface Codec<T> {
  /** Fewest bytes a value can take: bounds what a vector count may promise. */
  readonly bytesMin: number;
  read(reader: JuteReader): T;
  write(writer: JuteWriter, value: T): void;
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never;

export const boolean: Codec<boolean> = {
  bytesMin: 1,
  read: (r) => r.readBoolean(),
  write: (w, v) => w.writeBoolean(v),
};
export const int: Codec<number> = { bytesMin: 4, read: (r) => r.readInt(), write: (w, v) => w.writeInt(v) };
/** A long that holds a time or a size: exact within ±2^53. */
export const long: Codec<number> = {
  bytesMin: 8,
  read: (r) => r.readLong(),
  write: (w, v) => w.writeLong(v),
};
/** A long of which every bit counts: session ids, owners, digests. */
export const int64: Codec<Int64> = {
  bytesMin: 8,
  read: (r) => r.readInt64(),
  write: (w, v) => w.writeInt64(v),
};
export const zxid: Codec<Zxid> = { bytesMin: 8, read: (r) => r.readZxid(), write: (w, v) => w.writeZxid(v) };
/** Bytes or null. Read values are views into the frame. */
export const buffer: Codec<Uint8Array | null> = {
  bytesMin: 4,
  read: (r) => r.readBuffer(),
  write: (w, v) => w.writeBuffer(v),
};
export const ustring: Codec<string | null> = {
  bytesMin: 4,
  read: (r) => r.readString(),
  write: (w, v) => w.writeString(v),
};

/** A vector, or null. */
export function vector<T>(element: Codec<T>): Codec<readonly T[] | null> {
  return {
    bytesMin: 4,
    read(reader) {
      const count = reader.readCount(element.bytesMin);
      if (count < 0) return null;
      const out: T[] = [];
      for (let i = 0; i < count; i++) out.push(element.read(reader));
      return out;
    },
    write(writer, values) {
      if (values === null) {
        writer.writeInt(-1);
        return;
      }
      writer.writeInt(values.length);
      for (const value of values) element.write(writer, value);
    },
  };
}

type Layout = Record<string, Codec<never> | Codec<unknown>>;
type Fields<L> = { readonly [K in keyof L]: ValueOf<L[K]> };

export interface RecordCodec<T> extends Codec<T> {
  readonly name: string;
  /** Reads one record from the start of `bytes`; bytes behind it are ignored, as ZooKeeper does. */
  decode(bytes: Uint8Array): T;
  encode(value: T): Uint8Array;
}

/** A record: its fields in order, without tags, padding or a length (client-protocol 1.2). */
export function record<L extends Record<string, unknown>>(name: string, layout: L): RecordCodec<Fields<L>> {
  const entries = Object.entries(layout as Layout) as [string, Codec<unknown>][];
  const names = entries.map(([field]) => field);
  const codecs = entries.map(([, codec]) => codec);
  const count = names.length;
  const codec: RecordCodec<Fields<L>> = {
    name,
    bytesMin: codecs.reduce((sum, c) => sum + c.bytesMin, 0),
    read(reader) {
      const out: Record<string, unknown> = {};
      for (let i = 0; i < count; i++) out[names[i]!] = codecs[i]!.read(reader);
      return out as Fields<L>;
    },
    write(writer, value) {
      const fields = value as Record<string, unknown>;
      for (let i = 0; i < count; i++) codecs[i]!.write(writer, fields[names[i]!]);
    },
    decode: (bytes) => codec.read(new JuteReader(bytes)),
    encode(value) {
      const writer = new JuteWriter();
      codec.write(writer, value);
      return writer.take(0);
    },
  };
  return codec;
}
