/**
 * `/frames` to attention: the browser's twin of `tensorboard_plugin_attn/codec.py`.
 *
 * A frame that fails any check becomes `corrupt` with its reason; the others of the answer live on.
 */
import * as v from 'valibot';
import { cellsPerHead, type Attention, type Codes, type Encoding, type Layout } from './attention';
import { crc32c } from './crc32c';
import type { Derived } from './derived';
import { ApiError, CorruptFrameError } from './errors';
import { inflate } from './inflate';
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
  const inflated = new Map<number, Promise<Uint8Array>>();
  const chunkOf = (index: number, rawBytes: number): Promise<Uint8Array> => {
    const known = inflated.get(index) ?? inflate(chunks[index] ?? new Uint8Array(), rawBytes);
    inflated.set(index, known);
    return known;
  };
  const frames = header.frames.map((frame) => decodeFrame(frame, header, chunkOf));
  const absent = header.absent.map((absence): Frame => ({ kind: 'absent', ...absence }));
  return [...(await Promise.all(frames)), ...absent];
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

type ChunkOf = (index: number, rawBytes: number) => Promise<Uint8Array>;

async function decodeFrame(
  header: FrameHeader,
  answer: FramesHeader,
  chunkOf: ChunkOf,
): Promise<Frame> {
  const { step } = header;
  try {
    const attention = await attentionOf(header, answer.head_count, chunkOf);
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

async function attentionOf(h: FrameHeader, heads: number, chunkOf: ChunkOf): Promise<Attention> {
  const encoding = encodingOf(h.encoding);
  const layout = layoutOf(h);
  const cells = heads * cellsPerHead(h.query_length, h.key_length, layout);
  if (cells * BYTES_PER_CELL[encoding] !== h.raw_bytes) {
    throw new CorruptFrameError(`${h.raw_bytes} bytes cannot hold ${cells} cells of ${encoding}`);
  }
  const stored = await chunkOf(h.chunk, h.raw_bytes);
  const raw =
    h.key_chunk === null ? stored : addKey(stored, await chunkOf(h.key_chunk, h.raw_bytes));
  if (crc32c(raw) !== h.crc32c) throw new CorruptFrameError('the checksum does not match');
  return {
    step: h.step,
    heads,
    queries: h.query_length,
    keys: h.key_length,
    queryOffset: h.query_offset,
    keyOffset: h.key_offset,
    encoding,
    layout,
    codes: codesOf(raw, encoding),
  };
}

/** `raw + key` byte by byte, modulo 256: a difference frame made absolute. */
export function addKey(raw: Uint8Array, key: Uint8Array): Uint8Array {
  if (raw.length !== key.length) {
    throw new CorruptFrameError(`${raw.length} bytes differ from a key frame of ${key.length}`);
  }
  return raw.map((byte, i) => byte + (key[i] as number));
}

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
