/**
 * Decodes JPEG 2000 at reduced size with the OpenJPEG build inside pdf.js. How the decoder is given its module is not
 * a documented interface of pdf.js: the version is pinned, and this is the only file that uses it.
 * For worker threads only: a hostile picture can keep it busy for seconds.
 */
import { readFileSync } from 'node:fs';
import { JpxImage } from 'pdfjs-dist/image_decoders/pdf.image_decoders.mjs';
import type { Jpeg2000Header } from '../jpeg2000.ts';
import { readJpeg2000Header } from '../jpeg2000.ts';
import type { Picture } from './shrink.ts';
import { limitWasmMemory, wasmPageBytes } from './wasm-memory.ts';

/** OpenJPEG keeps a sample in 32 bit: enough for 2048 x 2048 pixels of 4 channels at full size, and for larger ones reduced. */
const memoryBytesMax = 256 * 1024 * 1024;
/** Samples at decoded size after which the decoder's memory, which never shrinks, is given back. */
const samplesKeptMax = 4 * 1024 * 1024;
/** pdf.js returns no more of five. */
const channelsMax = 4;

JpxImage.setOptions({
  useWasm: true,
  useWorkerFetch: false,
  handler: {
    sendWithPromise: () => {
      const file = new URL('wasm/openjpeg.wasm', import.meta.resolve('pdfjs-dist/package.json'));
      return Promise.resolve(limitWasmMemory(readFileSync(file), memoryBytesMax / wasmPageBytes));
    },
  },
});

/** Side of a picture after halving on the reference grid (ISO/IEC 15444-1, B-15). */
function reducedSide(from: number, length: number, reduce: number): number {
  return Math.ceil((from + length) / 2 ** reduce) - Math.ceil(from / 2 ** reduce);
}

/** Halves as often as the longer side stays at or above `sideMin` and the picture has levels for it. */
function reducePowerFor(header: Jpeg2000Header, sideMin: number): number {
  const side = Math.max(header.width, header.height);
  const wanted = Math.max(0, Math.floor(Math.log2(side / sideMin)));
  return Math.min(wanted, header.decompositionLevels ?? 0);
}

/** The picture at the smallest size that the file offers at or above `sideMin` pixels. Throws on damaged pictures. */
export async function decodeTexture(bytes: Uint8Array, sideMin: number): Promise<Picture> {
  const header = readJpeg2000Header(bytes);
  const reducePower = reducePowerFor(header, sideMin);
  const width = reducedSide(header.left, header.width, reducePower);
  const height = reducedSide(header.top, header.height, reducePower);
  const channels = Math.min(header.components, channelsMax);
  try {
    const pixels = await JpxImage.decode(bytes, { reducePower });
    if (pixels.length !== width * height * channels)
      throw new Error(`${pixels.length} samples decoded instead of ${width} x ${height} x ${channels}`);
    if (pixels.length > samplesKeptMax) JpxImage.cleanup();
    return {
      width,
      height,
      channels,
      samples: new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length),
    };
  } catch (error) {
    // What a damaged picture left in the decoder's memory must not reach the next one.
    JpxImage.cleanup();
    throw error;
  }
}
