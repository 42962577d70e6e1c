/** The part of gifenc's encoder that is used; the package has no types of its own. */
declare module 'gifenc/dist/gifenc.esm.js' {
  interface FrameOptions {
    palette: [number, number, number][];
    /** Milliseconds; stored in hundredths of a second. */
    delay: number;
  }
  interface Encoder {
    writeFrame(indices: Uint8Array, width: number, height: number, options: FrameOptions): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  export function GIFEncoder(): Encoder;
}
