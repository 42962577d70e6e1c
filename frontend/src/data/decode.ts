/**
 * `/frames` to attention: the browser's twin of `tensorboard_plugin_attn/codec.py`.
 *
 * A frame that fails any check becomes `corrupt` with its reason; the others of the answer live on.
 */
import * as v from 'valibot';
import {
  cellsPerHead,
  type Attention,
  type AxisRef,
  type Codes,
  type Encoding,
  type Layout,
} from './attention';
import { crc32c } from './crc32c';
import type { Derived } from './derived';
import { add, unpack } from './differences';
import { ApiError, CorruptFrameError } from './errors';
import { inflate, MAX_RAW_BYTES } from './inflate';
import { lastExactRow, reducedBytes, sectionsOf } from './reduced';
import { framesSchema, type FrameHeader, type FramesHeader } from './schema';

/** The newest layout of `/frames` this file understands. */
export const FORMAT_VERSION = 1;

/** What is known of one step: its attention, or why there is none. */
export type Frame =
  | { readonly kind: 'ready'; readonly step: number; readonly attention: Attention }
  | {
      readonly kind: 'absent';
      readonly step: number;
      readonly reason: string;
      readonly detail: string;
    };

const BYTES_PER_CELL: Record<Encoding, number> = { U8_SQRT: 1, U16: 2, F16: 2, F32: 4 };

/** Every frame in an answer of `/frames`; throws `ApiError` if the answer as a whole is unusable. */
export async function decodeFrames(body: ArrayBuffer): Promise<Frame[]> {
  const { header, chunks } = openContainer(body);
  const known = new Map<number, Promise<Uint8Array>>();
  const cellsOf: CellsOf = (number, rawBytes) => {
    const cells = known.get(number) ?? absolute(header, chunks, number, rawBytes, cellsOf);
    known.set(number, cells);
    return cells;
  };
  const frames = header.frames.map((frame) => decodeFrame(frame, header, cellsOf));
  const absent = header.absent.map((absence): Frame => ({ kind: 'absent', ...absence }));
  return [...(await Promise.all(frames)), ...absent];
}

type CellsOf = (chunk: number, rawBytes: number) => Promise<Uint8Array>;

/** The cells of chunk `number`: inflated, unpacked, and what it is a difference to added. */
async function absolute(
  header: FramesHeader,
  chunks: readonly Uint8Array[],
  number: number,
  rawBytes: number,
  cellsOf: CellsOf,
): Promise<Uint8Array> {
  const stored = header.chunks[number];
  if (!stored) throw new CorruptFrameError('its chunk is not in the answer');
  const { packing, packed_bytes: packedBytes, reference } = stored;
  if (packing !== 'WHOLE' && packing !== 'NIBBLES') {
    throw new CorruptFrameError(`the packing ${packing} is not known`);
  }
  const packed = await inflate(chunks[number] ?? new Uint8Array(), packedBytes);
  const cells = packing === 'NIBBLES' ? unpack(packed, rawBytes) : packed;
  if (reference === null) return cells;
  if (reference >= number) throw new CorruptFrameError('it is a difference to a later chunk');
  return add(cells, await cellsOf(reference, rawBytes));
}

/** The header and the stored chunks of an answer, unread. */
export function openContainer(body: ArrayBuffer): { header: FramesHeader; chunks: Uint8Array[] } {
  const length = body.byteLength < 4 ? -1 : new DataView(body).getUint32(0, true);
  if (length < 0 || 4 + length > body.byteLength) throw malformed('the header is cut short');
  const header = parseHeader(new TextDecoder().decode(new Uint8Array(body, 4, length)));
  const bytes = new Uint8Array(body, 4 + length);
  return {
    header,
    chunks: header.chunks.map((c) => bytes.subarray(c.offset, c.offset + c.length)),
  };
}

function parseHeader(text: string): FramesHeader {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed('the header is not JSON');
  }
  const result = v.safeParse(framesSchema, json);
  if (!result.success) throw malformed(result.issues[0].message);
  if (result.output.format_version > FORMAT_VERSION) {
    throw new ApiError('newer_format', 'newer_format', 'written for a newer version of this tab');
  }
  return result.output;
}

function malformed(message: string): ApiError {
  return new ApiError('malformed', 'malformed', `/frames: ${message}`);
}

async function decodeFrame(
  header: FrameHeader,
  answer: FramesHeader,
  cellsOf: CellsOf,
): Promise<Frame> {
  const { step } = header;
  try {
    const attention = await attentionOf(header, answer.head_count, cellsOf);
    const derived = derivedOf(header, answer);
    return { kind: 'ready', step, attention: derived ? { ...attention, derived } : attention };
  } catch (error) {
    if (!(error instanceof CorruptFrameError)) throw error;
    return { kind: 'absent', step, reason: 'corrupt', detail: error.message };
  }
}

/** What the server computed it from, if it did. */
function derivedOf(frame: FrameHeader, answer: FramesHeader): Derived | null {
  if (answer.layers) return { kind: 'rollout', users: 1, of: 1, usersOfQuery: [] };
  if (!answer.how) return null;
  const users = frame.users ?? 0;
  const of = answer.cohort_size ?? users;
  return { kind: answer.how, users, of, usersOfQuery: frame.users_of_query ?? [] };
}

async function attentionOf(h: FrameHeader, heads: number, cellsOf: CellsOf): Promise<Attention> {
  if (h.layout === 'REDUCED') return reducedOf(h, heads, cellsOf);
  const encoding = encodingOf(h.encoding);
  const layout = layoutOf(h);
  const cells = heads * cellsPerHead(h.query_length, h.key_length, layout);
  if (cells * BYTES_PER_CELL[encoding] !== h.raw_bytes) {
    throw new CorruptFrameError(`${h.raw_bytes} bytes cannot hold ${cells} cells of ${encoding}`);
  }
  const raw = await checked(h, cellsOf);
  return {
    ...placeOf(h, heads),
    queries: h.query_length,
    queryOffset: h.query_offset,
    ...(h.query_axis === null ? {} : { queryAxis: refOf(h, h.query_axis) }),
    encoding,
    layout,
    codes: codesOf(raw, encoding),
  };
}

/** The row that predicts, of attention too long to be kept whole, and what is kept of the others. */
async function reducedOf(h: FrameHeader, heads: number, cellsOf: CellsOf): Promise<Attention> {
  const encoding = encodingOf(h.encoding);
  const { reduction, query_length: queries, key_length: keys } = h;
  if (reduction === null) throw new CorruptFrameError('it does not say what was kept of it');
  const bytes = BYTES_PER_CELL[encoding];
  if (reducedBytes(reduction, heads, queries, keys, bytes) !== h.raw_bytes) {
    throw new CorruptFrameError(`${h.raw_bytes} bytes do not hold this reduction`);
  }
  const raw = await checked(h, cellsOf);
  const keysAt = raw.length - heads * queries * reduction.top_k * 2;
  const codes = codesOf(raw.subarray(0, keysAt), encoding);
  return {
    ...placeOf(h, heads),
    queries: 1,
    queryOffset: h.query_offset + queries - 1,
    ...(h.query_axis === null ? {} : { queryAxis: refOf(h, h.query_axis) }),
    encoding,
    layout: 'FULL',
    codes: lastExactRow(codes, reduction.exact_rows, heads, keys),
    reduced: sectionsOf(reduction, heads, queries, keys, codes, raw.subarray(keysAt)),
  };
}

async function checked(h: FrameHeader, cellsOf: CellsOf): Promise<Uint8Array> {
  if (h.raw_bytes > MAX_RAW_BYTES) throw new CorruptFrameError(`${h.raw_bytes} bytes is too many`);
  const raw = await cellsOf(h.chunk, h.raw_bytes);
  if (crc32c(raw) !== h.crc32c) throw new CorruptFrameError('the checksum does not match');
  return raw;
}

function placeOf(
  h: FrameHeader,
  heads: number,
): Pick<Attention, 'step' | 'heads' | 'keys' | 'keyOffset' | 'keyAxis'> {
  const keyAxis = h.key_axis === null ? {} : { keyAxis: refOf(h, h.key_axis) };
  return { step: h.step, heads, keys: h.key_length, keyOffset: h.key_offset, ...keyAxis };
}

const refOf = ({ attempt }: FrameHeader, number: number): AxisRef => ({ attempt, number });

function codesOf(raw: Uint8Array, encoding: Encoding): Codes {
  if (encoding === 'U8_SQRT') return raw;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (encoding === 'F32') {
    return new Float32Array(raw.length / 4).map((_, i) => view.getFloat32(4 * i, true));
  }
  return new Uint16Array(raw.length / 2).map((_, i) => view.getUint16(2 * i, true));
}

function encodingOf(name: string): Encoding {
  if (name in BYTES_PER_CELL) return name as Encoding;
  throw new CorruptFrameError(`the encoding ${name} is not known`);
}

function layoutOf(header: FrameHeader): Layout {
  if (header.layout === 'FULL') return 'FULL';
  if (header.layout !== 'LOWER_TRIANGLE') {
    throw new CorruptFrameError(`the layout ${header.layout} is not known`);
  }
  if (header.query_length === header.key_length) return 'LOWER_TRIANGLE';
  throw new CorruptFrameError('a triangle needs as many queries as keys');
}
