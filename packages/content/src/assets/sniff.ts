/** Guesses what bytes are from their content alone; the declared type is often wrong in old archives. */
import type { AssetType } from './asset-kinds.ts';
import { hasJp2Boxes, isCodestream } from './jpeg2000.ts';

export type SniffedKind =
  | 'empty'
  | 'jpeg2000 codestream'
  | 'jpeg2000 boxes'
  | 'jpeg'
  | 'png'
  | 'tga'
  | 'ogg vorbis'
  | 'wav'
  | 'animation'
  | 'mesh'
  | 'notecard'
  | 'landmark'
  | 'calling card'
  | 'wearable'
  | 'gesture'
  | 'object'
  | 'coalesced object'
  | 'halcyon object'
  | 'halcyon coalesced object'
  | 'llsd xml'
  | 'llsd binary'
  | 'llsd notation'
  | 'json'
  | 'gltf binary'
  | 'html'
  | 'xml'
  | 'gzip'
  | 'text'
  | 'binary';

/** No more than this is looked at. */
export const sniffBytesMax = 4096;

const magics: readonly (readonly [kind: SniffedKind, at: number, magic: readonly number[] | string])[] = [
  ['jpeg', 0, [0xff, 0xd8, 0xff]],
  ['png', 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['gzip', 0, [0x1f, 0x8b, 0x08]],
  // Halcyon's binary objects, one linkset and several (its InventoryObjectSerializer.cs).
  ['halcyon object', 0, [0x49, 0x54, 0x47, 0x01]],
  ['halcyon coalesced object', 0, [0x49, 0x54, 0x43, 0x01]],
  ['gltf binary', 0, 'glTF'],
  ['notecard', 0, 'Linden text version '],
  ['landmark', 0, 'Landmark version '],
  ['calling card', 0, 'Callingcard version '],
  ['wearable', 0, 'LLWearable version '],
];

function startsWith(bytes: Uint8Array, magic: readonly number[] | string, at: number): boolean {
  for (let index = 0; index < magic.length; index += 1) {
    const expected = typeof magic === 'string' ? magic.charCodeAt(index) : magic[index];
    if (bytes[at + index] !== expected) return false;
  }
  return true;
}

/** Constant time: the first `sniffBytesMax` bytes of an asset give the same answer as all of it. */
export function sniffAsset(bytes: Uint8Array): SniffedKind {
  if (bytes.length === 0) return 'empty';
  if (isCodestream(bytes)) return 'jpeg2000 codestream';
  if (hasJp2Boxes(bytes)) return 'jpeg2000 boxes';
  const known = magics.find(([, at, magic]) => startsWith(bytes, magic, at));
  if (known !== undefined) return known[0];
  if (startsWith(bytes, 'OggS', 0) && startsWith(bytes, '\x01vorbis', 28)) return 'ogg vorbis';
  if (startsWith(bytes, 'RIFF', 0) && startsWith(bytes, 'WAVE', 8)) return 'wav';
  const head = bytes.subarray(0, sniffBytesMax);
  return sniffLlsdBinary(head) ?? sniffText(head, bytes.length) ?? sniffBinary(bytes);
}

const llsdBinaryHeader = /^<\? ?llsd\/binary ?\?>\n/i;

/** A map with a key, or a header that says so. Mesh assets are such maps with levels of detail. */
function sniffLlsdBinary(head: Uint8Array): SniffedKind | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const header = llsdBinaryHeader.exec(text)?.[0].length ?? 0;
  // '{', a count below 2^24, then the first key or, in an empty map, the end.
  const isMap =
    head[header] === 0x7b &&
    head[header + 1] === 0 &&
    (head[header + 5] === 0x6b || head[header + 5] === 0x7d);
  if (isMap && (text.includes('_lod') || text.includes('physics_mesh') || text.includes('physics_shape')))
    return 'mesh';
  return header > 0 || isMap ? 'llsd binary' : undefined;
}

const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** Valid UTF-8 without control characters; NULs and line ends may end it (stock gestures have both), and the head may be cut inside a character. */
function decodeText(head: Uint8Array, length: number): string | undefined {
  let end = head.length;
  while (end > 0 && (head[end - 1] === 0 || head[end - 1] === 0x0a)) end -= 1;
  if (end === 0) return undefined;
  for (let cut = 0; cut < 4 && cut < end; cut += 1) {
    try {
      const text = textDecoder.decode(head.subarray(0, end - cut));
      return controlCharacter.test(text) ? undefined : text;
    } catch {
      if (head.length === length) return undefined;
    }
  }
  return undefined;
}

const controlCharacter = /[\x00-\x06\x0e-\x1a\x1c-\x1f]/;

/** The name of the first element after declarations and comments, or undefined when none starts in the text. */
function rootName(text: string): string | undefined {
  for (let at = 0; ;) {
    while (at < text.length && text.charAt(at).trim() === '') at += 1;
    const comment = text.startsWith('<!--', at);
    if (!comment && !text.startsWith('<?', at)) return /^<([A-Za-z_][\w:.-]*)/.exec(text.slice(at))?.[1];
    const mark = comment ? '-->' : '>';
    const end = text.indexOf(mark, at + 4);
    if (end < 0) return undefined;
    at = end + mark.length;
  }
}

function sniffText(head: Uint8Array, length: number): SniffedKind | undefined {
  const decoded = decodeText(head, length);
  if (decoded === undefined) return undefined;
  const text = decoded.trimStart();
  if (/^<\? ?llsd\/notation ?\?>/i.test(text)) return 'llsd notation';
  if (/^<\? ?llsd\/xml ?\?>/i.test(text)) return 'llsd xml';
  if (text.startsWith('<')) return sniffMarkup(text);
  if (/^\{\s*['"][\w ]+['"]\s*:\s*(?:[!tfTF01irulds[{'"]|b(?:16|64|\())/.test(text))
    return /^\{\s*"(?:asset|scenes?|nodes|materials|meshes|accessors|buffers|extensionsUsed)"/.test(text)
      ? 'json'
      : 'llsd notation';
  if (/^2\r?\n\d+\r?\n\d+\r?\n/.test(text)) return 'gesture';
  return 'text';
}

function sniffMarkup(text: string): SniffedKind {
  if (/^(?:<\?xml[^>]*>\s*)?<!doctype\s+html/i.test(text)) return 'html';
  const root = rootName(text);
  if (root === undefined) return text.startsWith('<?') || text.startsWith('<!') ? 'xml' : 'text';
  if (/^(?:html|head|body)$/i.test(root)) return 'html';
  if (root === 'SceneObjectGroup') return 'object';
  if (root === 'CoalescedObject') return 'coalesced object';
  return root.toLowerCase() === 'llsd' ? 'llsd xml' : 'xml';
}

function sniffBinary(bytes: Uint8Array): SniffedKind {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (looksLikeAnimation(view)) return 'animation';
  return looksLikeTga(view) ? 'tga' : 'binary';
}

/** Version 1.0 or the old 0.1, a priority and a duration that viewers accept. */
function looksLikeAnimation(view: DataView): boolean {
  if (view.byteLength < 44) return false;
  const version = view.getUint16(0, true) * 0x10000 + view.getUint16(2, true);
  if (version !== 0x10000 && version !== 1) return false;
  const priority = view.getInt32(4, true);
  const duration = view.getFloat32(8, true);
  return priority >= -1 && priority <= 7 && duration >= 0 && duration <= 3600;
}

const tgaTypes: readonly number[] = [1, 2, 3, 9, 10, 11];
const tgaDepths: readonly number[] = [8, 16, 24, 32];
const tgaSideMax = 8192;

/** TGA has no magic number: only a header whose fields fit together. */
function looksLikeTga(view: DataView): boolean {
  if (view.byteLength < 18 + 1) return false;
  const colourMap = view.getUint8(1);
  const type = view.getUint8(2);
  const mapped = type === 1 || type === 9;
  const width = view.getUint16(12, true);
  const height = view.getUint16(14, true);
  return (
    tgaTypes.includes(type) &&
    colourMap === (mapped ? 1 : 0) &&
    tgaDepths.includes(view.getUint8(16)) &&
    width > 0 &&
    height > 0 &&
    width <= tgaSideMax &&
    height <= tgaSideMax
  );
}

const llsd: readonly SniffedKind[] = ['llsd xml', 'llsd binary', 'llsd notation'];

/** What each type may look like; a type that is not listed agrees with everything but an empty asset. */
const expected: ReadonlyMap<AssetType, readonly SniffedKind[]> = new Map<AssetType, readonly SniffedKind[]>([
  [-2, llsd],
  [0, ['jpeg2000 codestream', 'jpeg2000 boxes']],
  [1, ['ogg vorbis']],
  [2, ['calling card', 'text', 'empty']],
  [3, ['landmark']],
  [5, ['wearable']],
  [6, ['object', 'coalesced object']],
  [7, ['notecard']],
  [10, ['text']],
  [12, ['tga']],
  [13, ['wearable']],
  [17, ['wav']],
  [18, ['tga']],
  [19, ['jpeg']],
  [20, ['animation']],
  [21, ['gesture']],
  [49, ['mesh']],
  [56, llsd],
  [57, llsd],
  [58, ['json']],
  [59, ['gltf binary']],
]);

/** Whether the content can be what the type says. */
export function agrees(type: AssetType, sniffed: SniffedKind): boolean {
  const kinds = expected.get(type);
  return kinds === undefined ? sniffed !== 'empty' : kinds.includes(sniffed);
}
