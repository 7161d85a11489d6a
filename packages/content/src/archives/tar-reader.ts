/**
 * A strict, streaming reader of tar: V7, ustar with prefix, GNU long names, pax path and size.
 * It knows nothing of what the entries mean, and never makes a path on a disk.
 */
import { ByteCursor } from './byte-cursor.ts';
import { ArchiveRefusedError } from './findings.ts';
import {
  blockBytes,
  decodeName,
  isZeroBlock,
  parsePax,
  parseTarHeader,
  TarHeaderError,
  trimNuls,
} from './tar-header.ts';
import type { TarHeader } from './tar-header.ts';

export interface TarLimits {
  readonly nameBytesMax: number;
  readonly paxBytesMax: number;
  readonly entryBytesMax: number;
  readonly entriesMax: number;
}

export interface TarEntry {
  readonly name: string;
  /** 'refused': a link, a device, an unknown type or a name with NUL; `refusal` says which. Its body is of no use. */
  readonly type: 'file' | 'directory' | 'refused';
  readonly refusal: string | undefined;
  /** Bytes of the body. */
  readonly size: number;
  /** Where the header starts, in bytes of the tar stream. */
  readonly offset: number;
  /**
   * The whole body; call it before the next entry is asked for. The bytes are a view of a larger chunk where possible:
   * they stay valid, but what is kept for long should be copied.
   */
  readonly bytes: () => Promise<Uint8Array>;
  /** The body in pieces as they come; unread rest is skipped. */
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

/**
 * The entries in order. Throws ArchiveRefusedError: C1 for a stream that is no sound tar to its end marker (and for
 * anything but zeros after that), C4 for a cap.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  limits: TarLimits,
): AsyncGenerator<TarEntry, void, void> {
  const cursor = new ByteCursor(source);
  try {
    let entries = 0;
    let longName: Uint8Array | undefined;
    let longSize: number | undefined;
    for (;;) {
      const offset = cursor.offset;
      const block = await cursor.read(blockBytes);
      if (block.length < blockBytes) throw cutAt(offset, block.length);
      if (block[0] === 0 && isZeroBlock(block)) {
        if (longName !== undefined || longSize !== undefined)
          throw new ArchiveRefusedError('C1', 'a long name or pax header without an entry', { offset });
        await readEnd(cursor);
        return;
      }
      const header = headerAt(block, offset);
      if (++entries > limits.entriesMax)
        throw new ArchiveRefusedError('C4', `more than ${limits.entriesMax} entries`, { offset });
      switch (header.typeFlag) {
        case 'L': {
          if (longName !== undefined)
            throw new ArchiveRefusedError('C1', 'two long names for one entry', { offset });
          longName = trimNuls(await readExtra(cursor, header, offset, limits.nameBytesMax, 'GNU long name'));
          continue;
        }
        case 'K': // the target of a link, and links are refused
          await readExtra(cursor, header, offset, limits.nameBytesMax, 'GNU long link');
          continue;
        case 'x': {
          const pax = paxAt(
            await readExtra(cursor, header, offset, limits.paxBytesMax, 'pax header'),
            offset,
          );
          if (pax.path !== undefined) {
            if (longName !== undefined)
              throw new ArchiveRefusedError('C1', 'two long names for one entry', { offset });
            if (pax.path.length > limits.nameBytesMax)
              throw new ArchiveRefusedError('C4', `pax path of ${pax.path.length} bytes`, { offset });
            longName = pax.path;
          }
          longSize = pax.size ?? longSize;
          continue;
        }
        case 'g': {
          const pax = paxAt(
            await readExtra(cursor, header, offset, limits.paxBytesMax, 'pax header'),
            offset,
          );
          if (pax.path !== undefined || pax.size !== undefined)
            throw new ArchiveRefusedError('C1', 'a global pax header sets path or size', { offset });
          continue;
        }
        default:
      }
      const nameBytes = longName ?? header.name;
      const size = longSize ?? header.size;
      longName = undefined;
      longSize = undefined;
      const name = decodeName(nameBytes);
      if (size > limits.entryBytesMax)
        throw new ArchiveRefusedError('C4', `size ${size} is over the cap of ${limits.entryBytesMax} bytes`, {
          entry: name,
          offset,
        });
      const body = new EntryBody(cursor, name, size, offset);
      const refusal = refusalOf(header.typeFlag, nameBytes);
      const isDirectory = header.typeFlag === '5' || (name.endsWith('/') && size === 0);
      yield {
        name,
        type: refusal !== undefined ? 'refused' : isDirectory ? 'directory' : 'file',
        refusal,
        size,
        offset,
        bytes: body.bytes,
        chunks: body.chunks,
      };
      await body.finish();
    }
  } finally {
    await cursor.close();
  }
}

function headerAt(block: Uint8Array, offset: number): TarHeader {
  try {
    return parseTarHeader(block);
  } catch (error) {
    if (!(error instanceof TarHeaderError)) throw error;
    // Where the checksum is wrong the name is only a hint, but the best there is.
    const entry = decodeName(trimNuls(block.subarray(0, 100))).replaceAll(/[^ -~]/g, '?');
    throw new ArchiveRefusedError('C1', error.message, { entry, offset });
  }
}

function paxAt(bytes: Uint8Array, offset: number): ReturnType<typeof parsePax> {
  try {
    return parsePax(bytes);
  } catch (error) {
    if (!(error instanceof TarHeaderError)) throw error;
    throw new ArchiveRefusedError('C1', error.message, { offset });
  }
}

function cutAt(offset: number, have: number): ArchiveRefusedError {
  return new ArchiveRefusedError(
    'C1',
    have === 0
      ? 'the tar stream ends without its end marker: it is cut off between two entries'
      : 'the tar stream is cut off inside a header',
    { offset },
  );
}

/** The body of a long name or pax header; the cap is checked before anything of it is read. */
async function readExtra(
  cursor: ByteCursor,
  header: TarHeader,
  offset: number,
  bytesMax: number,
  what: string,
): Promise<Uint8Array> {
  if (header.size > bytesMax)
    throw new ArchiveRefusedError('C4', `${what} of ${header.size} bytes, over ${bytesMax}`, { offset });
  const bytes = await cursor.read(header.size);
  const padding = paddingAfter(header.size);
  if (bytes.length < header.size || (await cursor.skip(padding)) < padding)
    throw new ArchiveRefusedError('C1', `the tar stream is cut off inside a ${what}`, { offset });
  return bytes;
}

function paddingAfter(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

function refusalOf(typeFlag: string, name: Uint8Array): string | undefined {
  if (name.includes(0)) return 'the name holds a NUL: two readers would see two names';
  switch (typeFlag) {
    case '0':
    case '5':
    case '7': // "contiguous", a plain file to everybody
      return undefined;
    case '1':
      return 'a hard link';
    case '2':
      return 'a symbolic link';
    case '3':
    case '4':
      return 'a device';
    case '6':
      return 'a named pipe';
    default:
      return `an entry of type ${JSON.stringify(typeFlag)}`;
  }
}

/** After the first zero block: another one, then nothing but zeros. GNU tar fills up to 10 240 bytes. */
async function readEnd(cursor: ByteCursor): Promise<void> {
  const offset = cursor.offset;
  const second = await cursor.read(blockBytes);
  if (second.length < blockBytes)
    throw new ArchiveRefusedError('C1', 'the end marker is incomplete: the tar stream is cut off', {
      offset,
    });
  let rest = second;
  for (;;) {
    if (!isZeroBlock(rest))
      throw new ArchiveRefusedError('C1', 'data follows the end marker of the tar stream', {
        offset: cursor.offset - rest.length,
      });
    if (!(await cursor.fill())) return;
    rest = cursor.take(cursor.available);
  }
}

class EntryBody {
  readonly #cursor: ByteCursor;
  readonly #name: string;
  readonly #size: number;
  readonly #offset: number;
  readonly #end: number;

  constructor(cursor: ByteCursor, name: string, size: number, offset: number) {
    this.#cursor = cursor;
    this.#name = name;
    this.#size = size;
    this.#offset = offset;
    this.#end = cursor.offset + size;
  }

  readonly bytes = async (): Promise<Uint8Array> => {
    const count = this.#end - this.#cursor.offset;
    if (count !== this.#size) throw new Error(`the body of ${this.#name} was read already`);
    const bytes = await this.#cursor.read(count);
    if (bytes.length < count) throw this.#cut();
    return bytes;
  };

  readonly chunks = (): AsyncIterable<Uint8Array> => this.#pieces();

  async *#pieces(): AsyncGenerator<Uint8Array, void, void> {
    while (this.#cursor.offset < this.#end) {
      if (!(await this.#cursor.fill())) throw this.#cut();
      yield this.#cursor.take(this.#end - this.#cursor.offset);
    }
  }

  /** Leaves the cursor at the next header. */
  async finish(): Promise<void> {
    const rest = this.#end - this.#cursor.offset + paddingAfter(this.#size);
    if (rest > 0 && (await this.#cursor.skip(rest)) < rest) throw this.#cut();
  }

  #cut(): ArchiveRefusedError {
    return new ArchiveRefusedError('C1', `the tar stream is cut off inside the entry's ${this.#size} bytes`, {
      entry: this.#name,
      offset: this.#offset,
    });
  }
}
