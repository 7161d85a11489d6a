/** The lines that may stand before LLSD and name its form. Case does not matter. */

const binaryHeader = /^<\?\s?llsd\/binary\s?\?>\r?\n/i;
const notationHeader = /^<\?\s?llsd\/notation\s?\?>\s{0,100}/i;
const headerLengthMax = 160;

/** Written before notation. OpenSimulator skips exactly 19 characters, so no other spelling will do. */
export const writtenNotationHeader = '<? llsd/notation ?>\n';
/** Written before binary, as viewers do: OpenSimulator does not recognise its own spelling. */
export const writtenBinaryHeader = '<? LLSD/Binary ?>\n';

/** Where the value begins after an optional header of binary LLSD: `<? LLSD/Binary ?>` or `<?llsd/binary?>`. */
export function afterBinaryHeader(bytes: Uint8Array): number {
  return headerLength(bytes, binaryHeader);
}

/** Where the value begins after an optional byte order mark and header of notation. */
export function afterNotationHeader(bytes: Uint8Array): number {
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return mark + headerLength(bytes.subarray(mark), notationHeader);
}

function headerLength(bytes: Uint8Array, header: RegExp): number {
  if (bytes[0] !== 0x3c) return 0;
  return header.exec(asciiHead(bytes))?.[0].length ?? 0;
}

/** The first bytes as text, one character for a byte. */
export function asciiHead(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, headerLengthMax)).toString(
    'latin1',
  );
}
