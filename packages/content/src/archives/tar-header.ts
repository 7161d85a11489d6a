/** One 512-byte header of V7, ustar and GNU tar, and the records of a pax header. */

export const blockBytes = 512;

export interface TarHeader {
  /** The name field, with the ustar prefix before it; bytes as they are, trailing NULs cut. */
  readonly name: Uint8Array;
  /** One character; NUL reads as '0'. */
  readonly typeFlag: string;
  readonly size: number;
}

/** Says which field is wrong; the reader adds entry and offset. */
export class TarHeaderError extends Error {
  override readonly name = 'TarHeaderError';
}

export function isZeroBlock(block: Uint8Array): boolean {
  for (let index = 0; index < block.length; index++) if (block[index] !== 0) return false;
  return true;
}

/** Takes a whole block; throws TarHeaderError when the checksum or the size is wrong. */
export function parseTarHeader(block: Uint8Array): TarHeader {
  checkSum(block);
  const flag = block[156] ?? 0;
  return {
    name: nameOf(block),
    typeFlag: flag === 0 ? '0' : String.fromCharCode(flag),
    size: sizeOf(block),
  };
}

function checkSum(block: Uint8Array): void {
  let sum = 0;
  let high = 0;
  for (let index = 0; index < blockBytes; index++) {
    // The checksum field itself counts as eight spaces.
    const byte = index >= 148 && index < 156 ? 32 : (block[index] ?? 0);
    sum += byte;
    if (byte >= 128) high += 1;
  }
  const stored = octal(block.subarray(148, 156));
  // Some old writers summed signed bytes.
  if (stored === undefined || (stored !== sum && stored !== sum - 256 * high))
    throw new TarHeaderError('header checksum is wrong');
}

function sizeOf(block: Uint8Array): number {
  const field = block.subarray(124, 136);
  if (((field[0] ?? 0) & 0x80) !== 0)
    throw new TarHeaderError('size field is not octal (base 256 is refused)');
  const size = octal(field);
  if (size === undefined) throw new TarHeaderError('size field is not octal');
  return size;
}

/** Leading spaces, octal digits, then NULs or spaces only. */
function octal(field: Uint8Array): number | undefined {
  let at = 0;
  while (at < field.length && field[at] === 32) at += 1;
  const start = at;
  let value = 0;
  for (; at < field.length; at++) {
    const digit = (field[at] ?? 0) - 48;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  if (at === start) return undefined;
  for (; at < field.length; at++) if (field[at] !== 0 && field[at] !== 32) return undefined;
  return value;
}

function nameOf(block: Uint8Array): Uint8Array {
  const name = trimNuls(block.subarray(0, 100));
  // POSIX ustar only: GNU ("ustar  ") keeps times in the place of the prefix.
  const isUstar =
    block[257] === 0x75 &&
    block[258] === 0x73 &&
    block[259] === 0x74 &&
    block[260] === 0x61 &&
    block[261] === 0x72;
  if (!isUstar || block[262] !== 0) return name;
  const prefix = trimNuls(block.subarray(345, 500));
  return prefix.length === 0 ? name : Buffer.concat([prefix, slash, name]);
}

const slash = Uint8Array.of(0x2f);

/** Without the NULs at the end; inner ones stay, for the reader to refuse. */
export function trimNuls(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

/** Names are UTF-8; bytes that are not are read as Latin-1. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface PaxRecords {
  path: Uint8Array | undefined;
  size: number | undefined;
}

/** "length key=value\n" records; only path and size are looked at. Throws TarHeaderError when one is malformed. */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const found: PaxRecords = { path: undefined, size: undefined };
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at);
    const length = space < 0 || space - at > 7 ? undefined : decimal(bytes.subarray(at, space));
    const end = length === undefined ? 0 : at + length;
    if (end <= space + 1 || end > bytes.length || bytes[end - 1] !== 10)
      throw new TarHeaderError(`pax record at byte ${at} of the pax header is malformed`);
    const equals = bytes.indexOf(61, space + 1);
    if (equals < 0 || equals >= end) throw new TarHeaderError('pax record without "="');
    const key = decodeName(bytes.subarray(space + 1, equals));
    const value = bytes.subarray(equals + 1, end - 1);
    if (key === 'path') found.path = value;
    else if (key === 'size') {
      found.size = decimal(value);
      if (found.size === undefined) throw new TarHeaderError('pax size is not a decimal number');
    }
    at = end;
  }
  return found;
}

/** Digits only; a value past 2^53 comes out large and imprecise, which every cap refuses. */
function decimal(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0 || bytes.length > 20) return undefined;
  let value = 0;
  for (const byte of bytes) {
    if (byte < 48 || byte > 57) return undefined;
    value = value * 10 + byte - 48;
  }
  return value;
}
