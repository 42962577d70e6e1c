/** A plain GIF89a reader, written from the specification, to check what an encoder wrote. */

export interface GifFrame {
  readonly delayMs: number;
  /** `[pixel][r, g, b]`, flat. */
  readonly rgb: Uint8Array;
}

export interface Gif {
  readonly width: number;
  readonly height: number;
  readonly loops: boolean;
  readonly frames: GifFrame[];
}

/** Every frame of a GIF whose frames cover the whole picture. */
export function readGif(bytes: Uint8Array): Gif {
  const signature = new TextDecoder('latin1').decode(bytes.subarray(0, 6));
  if (signature !== 'GIF89a') throw new Error(`not a GIF: ${signature}`);
  const at = { byte: 6 };
  const u8 = (): number => bytes[at.byte++] ?? fail();
  const u16 = (): number => u8() | (u8() << 8);
  const [width, height, fields] = [u16(), u16(), u8()];
  at.byte += 2;
  const tableOf = (flags: number): Uint8Array => {
    const size = 3 * 2 ** ((flags & 7) + 1);
    at.byte += size;
    return bytes.subarray(at.byte - size, at.byte);
  };
  const global = fields & 128 ? tableOf(fields) : new Uint8Array();
  const blocks = (): Uint8Array => {
    const parts: number[] = [];
    for (let size = u8(); size > 0; size = u8()) for (let i = 0; i < size; i += 1) parts.push(u8());
    return Uint8Array.from(parts);
  };
  const frames: GifFrame[] = [];
  let [loops, delayMs] = [false, 0];
  for (;;) {
    const kind = u8();
    if (kind === 0x3b) return { width, height, loops, frames };
    if (kind === 0x21) {
      const label = u8();
      const content = blocks();
      if (label === 0xf9) delayMs = 10 * ((content[1] ?? 0) | ((content[2] ?? 0) << 8));
      if (label === 0xff) loops = new TextDecoder().decode(content).startsWith('NETSCAPE2.0');
    } else if (kind === 0x2c) {
      const place = [u16(), u16(), u16(), u16()];
      if (`${place}` !== `0,0,${width},${height}`) throw new Error(`a frame at ${place}`);
      const flags = u8();
      const table = flags & 128 ? tableOf(flags) : global;
      const indices = unpack(u8(), blocks(), width * height);
      const rgb = new Uint8Array(3 * width * height);
      indices.forEach((index, i) => rgb.set(table.subarray(3 * index, 3 * index + 3), 3 * i));
      frames.push({ delayMs, rgb });
    } else throw new Error(`block ${kind}`);
  }
}

function fail(): never {
  throw new Error('the file is cut short');
}

/** LZW with codes of growing width, least significant bit first. */
function unpack(least: number, bytes: Uint8Array, count: number): number[] {
  const [clear, end] = [1 << least, (1 << least) + 1];
  const out: number[] = [];
  let table: number[][] = [];
  let [width, bit, previous] = [least + 1, 0, null as number[] | null];
  const next = (): number => {
    let code = 0;
    for (let i = 0; i < width; i += 1, bit += 1)
      code |= (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) << i;
    return code;
  };
  for (;;) {
    const code = next();
    if (code === end) break;
    if (code === clear) {
      table = Array.from({ length: end + 1 }, (_, i) => [i]);
      [width, previous] = [least + 1, null];
      continue;
    }
    const entry = table[code] ?? (previous && [...previous, previous[0] as number]);
    if (!entry) throw new Error(`code ${code} is not known`);
    for (const index of entry) out.push(index);
    if (previous && table.length < 4096) table.push([...previous, entry[0] as number]);
    if (table.length === 1 << width && width < 12) width += 1;
    previous = entry;
  }
  if (out.length !== count) throw new Error(`${out.length} pixels, not ${count}`);
  return out;
}
