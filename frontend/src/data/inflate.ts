/** Inflates stored chunks natively, and never into more bytes than their header allows. */
import { CorruptFrameError } from './errors';

/** No honest frame is larger: 64 heads of 1024 × 1024 cells in one byte each. */
export const MAX_RAW_BYTES = 64 * 1024 * 1024;

/** The `rawBytes` bytes in the zlib stream `chunk`; throws `CorruptFrameError` for anything else. */
export async function inflate(chunk: Uint8Array, rawBytes: number): Promise<Uint8Array> {
  if (rawBytes > MAX_RAW_BYTES) throw new CorruptFrameError(`${rawBytes} bytes is over the limit`);
  const raw = new Uint8Array(rawBytes);
  const filled = await fill(raw, chunk);
  if (filled !== rawBytes) {
    throw new CorruptFrameError(`inflates to ${filled} bytes, the header says ${rawBytes}`);
  }
  return raw;
}

async function fill(raw: Uint8Array, chunk: Uint8Array): Promise<number> {
  const body = new Response(new Uint8Array(chunk)).body as ReadableStream<Uint8Array<ArrayBuffer>>;
  const reader = body.pipeThrough(new DecompressionStream('deflate')).getReader();
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return filled;
      if (filled + value.length > raw.length)
        throw new CorruptFrameError('inflates to too many bytes');
      raw.set(value, filled);
      filled += value.length;
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    if (error instanceof CorruptFrameError) throw error;
    throw new CorruptFrameError('not a zlib stream');
  }
}
