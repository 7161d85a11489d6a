/**
 * The markers of a JPEG 2000 picture (ISO/IEC 15444-1, annex A and I), as far as they tell size and completeness.
 * Nothing is decoded. Textures are normally bare codestreams; some are wrapped in JP2 boxes.
 */

const markers = { soc: 0xff4f, siz: 0xff51, cod: 0xff52, sot: 0xff90, eoc: 0xffd9 } as const;
/** Rsiz to Csiz: everything of SIZ before the list of components. */
const sizFixedBytes = 36;
const headerSegmentsMax = 10_000;
const boxesMax = 1_000;
const tilePartsMax = 100_000;

/** A picture whose markers contradict the standard; the message names the marker. */
export class Jpeg2000Error extends Error {
  override readonly name = 'Jpeg2000Error';
}

export interface Jpeg2000Header {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Top left corner on the reference grid; reduced sizes depend on it. */
  readonly left: number;
  readonly top: number;
  readonly components: number;
  /** Bits of each component. */
  readonly precisions: readonly number[];
  readonly tiles: number;
  /** How often width and height can be halved when decoding; undefined without a COD marker. */
  readonly decompositionLevels: number | undefined;
  /** Where the codestream starts; 0 without boxes. */
  readonly codestreamAt: number;
  /** Where the first tile-part starts, or the end of the bytes when the main header never ends. */
  readonly tilesAt: number;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const signatureBox: readonly number[] = [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20, 0x0d, 0x0a, 0x87, 0x0a];
const codestreamBoxType = 0x6a703263;

export function hasJp2Boxes(bytes: Uint8Array): boolean {
  return signatureBox.every((byte, index) => bytes[index] === byte);
}

export function isCodestream(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0x4f && bytes[2] === 0xff && bytes[3] === 0x51;
}

/** Start of the codestream; throws when it is neither bare nor in a `jp2c` box. */
function findCodestream(bytes: Uint8Array): number {
  if (isCodestream(bytes)) return 0;
  if (!hasJp2Boxes(bytes)) throw new Jpeg2000Error('neither a codestream nor a JP2 file');
  const view = viewOf(bytes);
  let at = 0;
  for (let count = 0; count < boxesMax && at + 8 <= bytes.length; count += 1) {
    const short = view.getUint32(at);
    const type = view.getUint32(at + 4);
    let head = 8;
    let length = short === 0 ? bytes.length - at : short;
    if (short === 1) {
      if (at + 16 > bytes.length) break;
      head = 16;
      length = Number(view.getBigUint64(at + 8));
    }
    if (length < head) throw new Jpeg2000Error(`JP2 box at ${at}: impossible length ${length}`);
    if (type === codestreamBoxType) return at + head;
    at += length;
  }
  throw new Jpeg2000Error('JP2 file without a codestream box');
}

/** Reads SIZ and the other segments before the first tile. Throws a Jpeg2000Error. */
export function readJpeg2000Header(bytes: Uint8Array): Jpeg2000Header {
  const start = findCodestream(bytes);
  const view = viewOf(bytes);
  const siz = start + 4;
  if (siz + 2 + sizFixedBytes > bytes.length || view.getUint32(start) !== 0xff4fff51)
    throw new Jpeg2000Error('no SIZ marker at the start of the codestream');
  const length = view.getUint16(siz);
  const components = view.getUint16(siz + 36);
  if (components === 0 || length !== 38 + 3 * components)
    throw new Jpeg2000Error(`SIZ: length ${length} does not fit ${components} components`);
  if (siz + length > bytes.length) throw new Jpeg2000Error('SIZ: cut off');
  const right = view.getUint32(siz + 4);
  const bottom = view.getUint32(siz + 8);
  const left = view.getUint32(siz + 12);
  const top = view.getUint32(siz + 16);
  const tileWidth = view.getUint32(siz + 20);
  const tileHeight = view.getUint32(siz + 24);
  const tileLeft = view.getUint32(siz + 28);
  const tileTop = view.getUint32(siz + 32);
  if (right <= left || bottom <= top) throw new Jpeg2000Error('SIZ: the picture has no pixels');
  if (tileWidth === 0 || tileHeight === 0 || tileLeft > left || tileTop > top)
    throw new Jpeg2000Error('SIZ: impossible tiles');
  const precisions: number[] = [];
  for (let index = 0; index < components; index += 1)
    precisions.push((view.getUint8(siz + 38 + 3 * index) & 0x7f) + 1);
  const { tilesAt, decompositionLevels } = walkMainHeader(view, siz + length);
  return {
    width: right - left,
    height: bottom - top,
    left,
    top,
    components,
    precisions,
    tiles: Math.ceil((right - tileLeft) / tileWidth) * Math.ceil((bottom - tileTop) / tileHeight),
    decompositionLevels,
    codestreamAt: start,
    tilesAt,
  };
}

function walkMainHeader(
  view: DataView,
  from: number,
): { tilesAt: number; decompositionLevels: number | undefined } {
  let decompositionLevels: number | undefined;
  let at = from;
  for (let count = 0; count < headerSegmentsMax && at + 4 <= view.byteLength; count += 1) {
    const marker = view.getUint16(at);
    if (marker === markers.sot) return { tilesAt: at, decompositionLevels };
    if (marker < 0xff00) throw new Jpeg2000Error(`no marker at ${at} of the main header`);
    if (marker === markers.cod && at + 10 <= view.byteLength) decompositionLevels = view.getUint8(at + 9);
    const length = view.getUint16(at + 2);
    if (length < 2) throw new Jpeg2000Error(`marker segment at ${at}: impossible length ${length}`);
    at += 2 + length;
  }
  return { tilesAt: view.byteLength, decompositionLevels };
}

export interface CodestreamEnd {
  /** The last tile-part is followed by the end marker and nothing is missing. */
  readonly complete: boolean;
  /** What breaks the chain of tile-parts, if anything. */
  readonly problem: string | undefined;
}

/** Adds up the lengths of the tile-parts: linear in their number, not in the bytes. */
export function walkTileParts(bytes: Uint8Array, header: Jpeg2000Header): CodestreamEnd {
  const view = viewOf(bytes);
  const endsWithMarker = endOfCodestream(bytes);
  let at = header.tilesAt;
  if (at + 2 > bytes.length) return { complete: false, problem: 'ends before the first tile' };
  for (let count = 0; count < tilePartsMax; count += 1) {
    if (at + 2 > bytes.length) return { complete: false, problem: 'ends without the end marker' };
    const marker = view.getUint16(at);
    if (marker === markers.eoc) return { complete: true, problem: undefined };
    if (marker !== markers.sot) return { complete: false, problem: `no tile-part at ${at}` };
    if (at + 12 > bytes.length) return { complete: false, problem: 'ends inside a tile-part header' };
    const length = view.getUint32(at + 6);
    if (length === 0) return { complete: endsWithMarker, problem: undefined };
    if (length < 14) return { complete: false, problem: `tile-part at ${at}: impossible length ${length}` };
    if (at + length > bytes.length)
      return {
        complete: false,
        problem: `tile-part at ${at} has ${bytes.length - at} of its ${length} bytes`,
      };
    at += length;
  }
  return { complete: false, problem: `more than ${tilePartsMax} tile-parts` };
}

function endOfCodestream(bytes: Uint8Array): boolean {
  return bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
}

export interface TextureInfo {
  /** Pixels, as SIZ claims. */
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

/** Undefined when the bytes have no readable JPEG 2000 header. Trust nothing: a small file may claim 4 billion pixels. */
export function textureInfo(bytes: Uint8Array): TextureInfo | undefined {
  try {
    const { width, height, components } = readJpeg2000Header(bytes);
    return { width, height, components };
  } catch (error) {
    if (error instanceof Jpeg2000Error) return undefined;
    throw error;
  }
}
