/** Builds bodies of `/frames` for tests, as docs/http_api.md describes them. */
import { deflateSync, inflateSync } from 'node:zlib';
import { crc32c } from '../src/data/crc32c';
import type { FrameHeader, StoredChunk } from '../src/data/schema';

/** A frame's header with sensible values where a test does not care. */
export function header(raw: Uint8Array, more: Partial<FrameHeader> = {}): FrameHeader {
  return {
    step: 1,
    epoch: null,
    wall_time_s: 1,
    attempt: 'a',
    sequence: 0,
    query_length: 2,
    key_length: 2,
    query_offset: 0,
    key_offset: 0,
    query_axis: null,
    key_axis: null,
    encoding: 'U8_SQRT',
    layout: 'FULL',
    reduction: null,
    raw_bytes: raw.length,
    crc32c: crc32c(raw),
    chunk: 0,
    ...more,
  };
}

/** What goes into a body. */
export interface Parts {
  readonly frames: readonly FrameHeader[];
  /** Stored chunks as they are; `zip` makes one. */
  readonly chunks: readonly Uint8Array[];
  /** What the header says of chunks that do not stand alone, by number. */
  readonly stored?: Readonly<Record<number, Partial<StoredChunk>>>;
  readonly heads?: number;
  readonly absent?: readonly { step: number; reason: string; detail: string }[];
  readonly formatVersion?: number;
  /** What the header says of computed frames. */
  readonly made?: object;
}

/** A stored chunk. */
export function zip(raw: Uint8Array): Uint8Array {
  return new Uint8Array(deflateSync(raw));
}

function inflatedBytes(chunk: Uint8Array): number {
  try {
    return inflateSync(chunk).length;
  } catch {
    return 4; // a damaged one: what the header says of it
  }
}

/** The bytes of an answer. */
export function body({
  frames,
  chunks,
  stored = {},
  heads = 1,
  absent = [],
  formatVersion = 1,
  made = {},
}: Parts): ArrayBuffer {
  let offset = 0;
  const places = chunks.map((chunk, number): StoredChunk => {
    const { length } = chunk;
    offset += length;
    const alone = { packing: 'WHOLE', packed_bytes: inflatedBytes(chunk), reference: null };
    return { offset: offset - length, length, ...alone, ...stored[number] };
  });
  const head = { format_version: formatVersion, run: 'r', layer: 'l', user: 0, head_count: heads };
  let text = JSON.stringify({ ...head, ...made, chunks: places, frames, absent });
  while ((4 + text.length) % 8 !== 0) text += ' ';
  const bytes = new Uint8Array(4 + text.length + offset);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(new TextEncoder().encode(text), 4);
  chunks.forEach((chunk, i) => bytes.set(chunk, 4 + text.length + (places[i]?.offset ?? 0)));
  return bytes.buffer;
}
