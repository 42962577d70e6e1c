/** Invented attention that learns: causal softmax rows that sharpen, each head towards its own habit. */
import { deflateSync } from 'node:zlib';

/** A number in [0, 1) that depends on nothing but its arguments. */
export function noise(...parts) {
  let h = 2166136261;
  for (const part of parts) h = Math.imul(h ^ (part + 0x9e3779b9), 16777619) ^ (h >>> 13);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

const HABITS = [
  (q, k) => -Math.abs(q - k) * 0.9,
  (q, k) => (k === 0 ? 3.5 : 0),
  (q, k) => (q - k === 1 ? 3 : 0),
  (q, k, seed) => (noise(seed, q % 5) > 0.5 && q % 5 === k % 5 ? 3 : 0),
];

/** One row of attention: `[key]`, keys up to `query`. */
function row(seed, head, query, progress) {
  const logits = Array.from({ length: query + 1 }, (_, key) => {
    const wobble = 2 * noise(seed, head, query, key) * (1 + 0.15 * Math.sin(progress * 9 + key));
    return wobble + progress * HABITS[head % 4](query, key, seed);
  });
  const weights = logits.map(Math.exp);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** Codes and measures of one user and layer at one step; the lower triangle, row by row. */
export function makeFrame(seed, heads, length, step) {
  const progress = 1.4 * (1 - Math.exp(-step / 90));
  const codes = [];
  const measures = {
    entropy_bits: [],
    recency: [],
    sink_share: [],
    maximum: [],
    effective_span: [],
  };
  for (let head = 0; head < heads; head += 1) {
    let [entropy, recency, sink, maximum] = [0, 0, 0, 0];
    for (let query = 0; query < length; query += 1) {
      const weights = row(seed, head, query, progress);
      weights.forEach((w, key) => {
        codes.push(Math.floor(255 * Math.sqrt(w) + 0.5));
        entropy -= w * Math.log2(w);
        recency += w * (query - key);
        maximum = Math.max(maximum, w);
      });
      sink += weights[0];
    }
    measures.entropy_bits.push(entropy / length);
    measures.recency.push(recency / length);
    measures.sink_share.push(sink / length);
    measures.maximum.push(maximum);
    measures.effective_span.push(2 ** (entropy / length));
  }
  return { raw: Uint8Array.from(codes), measures };
}

/** Codes and measures of attention over other things than one history: every cell, row by row. */
export function makeTable(seed, heads, queries, keys, step) {
  const progress = 1.4 * (1 - Math.exp(-step / 90));
  const codes = [];
  const measures = {
    entropy_bits: [],
    sink_share: [],
    maximum: [],
    effective_span: [],
    recency: [],
  };
  for (let head = 0; head < heads; head += 1) {
    let [entropy, sink, maximum] = [0, 0, 0];
    for (let query = 0; query < queries; query += 1) {
      const likes = Math.floor(noise(seed, head, query) * keys);
      const logits = Array.from(
        { length: keys },
        (_, key) => 2 * noise(seed, head, query, key) + (key === likes ? 2.5 * progress : 0),
      );
      const weights = logits.map(Math.exp);
      const sum = weights.reduce((a, b) => a + b, 0);
      weights.forEach((weight, key) => {
        const w = weight / sum;
        codes.push(Math.floor(255 * Math.sqrt(w) + 0.5));
        entropy -= w * Math.log2(w);
        maximum = Math.max(maximum, w);
        if (key === 0) sink += w;
      });
    }
    measures.entropy_bits.push(entropy / queries);
    measures.sink_share.push(sink / queries);
    measures.maximum.push(maximum);
    measures.effective_span.push(2 ** (entropy / queries));
    measures.recency.push(0);
  }
  return { raw: Uint8Array.from(codes), measures };
}

/** `raw - key` byte by byte, modulo 256. */
export const subtract = (raw, key) => raw.map((byte, i) => byte - key[i]);

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let i = 0; i < 8; i += 1) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c >>> 0;
});

/** CRC32C of bytes. */
export function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255];
  return (crc ^ 0xffffffff) >>> 0;
}

/** The body of `/frames`. */
export function container(header, chunks) {
  let offset = 0;
  const zipped = chunks.map(({ bytes }) => deflateSync(bytes));
  const places = zipped.map(({ length }, number) => {
    const { bytes, reference } = chunks[number];
    offset += length;
    return {
      offset: offset - length,
      length,
      packing: 'WHOLE',
      packed_bytes: bytes.length,
      reference,
    };
  });
  let text = JSON.stringify({ ...header, chunks: places });
  while ((4 + Buffer.byteLength(text)) % 8) text += ' ';
  const head = Buffer.from(text, 'utf8');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  return Buffer.concat([size, head, ...zipped]);
}
