/**
 * The bytes of a tar stream out of a file that may be gzip or not. Members are walked here, with zlib's raw inflate
 * below: Node's own gunzip throws away what it has decoded when garbage follows the last member.
 */
import type { DuplexOptions } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import type { ZlibOptions } from 'node:zlib';
import { ByteCursor } from './byte-cursor.ts';
import { ArchiveRefusedError } from './findings.ts';
import type { ReportFinding } from './findings.ts';

export interface DecompressionLimits {
  readonly totalBytesMax: number;
  readonly ratioMax: number;
  readonly ratioFloorBytes: number;
  /** Decoded at a time: large pieces cost fewer calls into the thread pool, small ones keep less in memory. */
  readonly pieceBytes: number;
}

/** Of what is no deflate data. */
const chunkBytes = 128 * 1024;
/** Pieces decoded ahead while the consumer works on one. */
const piecesAhead = 4;

/** Object mode for the reading side, or read() would join (copy) the pieces that wait. */
function inflateOptions(pieceBytes: number): ZlibOptions & DuplexOptions {
  return { chunkSize: pieceBytes, readableObjectMode: true, readableHighWaterMark: piecesAhead };
}

const gzipMagic = [0x1f, 0x8b, 0x08];

/**
 * Yields the uncompressed stream. A wrong checksum or a cut throws ArchiveRefusedError (C1), after everything decoded
 * before was yielded; caps throw C4; what follows the last member is reported and not read.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  limits: DecompressionLimits,
  report: ReportFinding,
): AsyncGenerator<Uint8Array, void, void> {
  const input = new ByteCursor(source);
  const meter = { output: 0 };
  const count = (chunk: Uint8Array): void => {
    meter.output += chunk.length;
    if (meter.output > limits.totalBytesMax)
      throw new ArchiveRefusedError('C4', `more than ${limits.totalBytesMax} bytes uncompressed`);
    // The chunk that zlib is at work on counts as used up: a little in favour of the archive.
    const compressed = input.offset + input.available;
    if (meter.output > limits.ratioFloorBytes && meter.output > compressed * limits.ratioMax)
      throw new ArchiveRefusedError(
        'C4',
        `gzip expands ${compressed} bytes to more than ${meter.output}, over ${limits.ratioMax} to 1`,
      );
  };
  try {
    const head = await input.read(3);
    if (!gzipMagic.every((byte, index) => head[index] === byte)) {
      // Not gzip: whether it is tar, the tar reader says.
      for (let chunk = head; ; chunk = input.take(chunkBytes)) {
        count(chunk);
        if (chunk.length > 0) yield chunk;
        if (!(await input.fill())) return;
      }
    }
    let start = 0;
    for (let magic = head; ; magic = await input.read(3)) {
      if (start > 0 && !gzipMagic.every((byte, index) => magic[index] === byte)) {
        await reportTrailing(magic, start, input, report);
        return;
      }
      await skipMemberHeader(input);
      yield* inflateMember(input, limits.pieceBytes, count);
      start = input.offset;
      if (!(await input.fill())) return;
    }
  } finally {
    await input.close();
  }
}

async function reportTrailing(
  first: Uint8Array,
  at: number,
  input: ByteCursor,
  report: ReportFinding,
): Promise<void> {
  // Zero padding to a block size is what tapes and some tools leave; look at a little only, never at gigabytes.
  const rest = await input.read(chunkBytes);
  if (first.every((byte) => byte === 0) && rest.every((byte) => byte === 0)) return;
  report({
    rule: 'C1',
    severity: 'warning',
    message: `bytes that are no gzip follow the last member at byte ${at} of the file; they were not read`,
  });
}

function truncated(): ArchiveRefusedError {
  return new ArchiveRefusedError('C1', 'the gzip stream is cut off');
}

/** RFC 1952, 2.3: what follows the magic and the method. */
async function skipMemberHeader(input: ByteCursor): Promise<void> {
  const fixed = await input.read(7);
  const flags = fixed[0];
  if (fixed.length < 7 || flags === undefined) throw truncated();
  if ((flags & 0xe0) !== 0) throw new ArchiveRefusedError('C1', 'gzip header has reserved flags set');
  if ((flags & 0x04) !== 0) {
    const length = await input.read(2);
    const [low, high] = length;
    if (low === undefined || high === undefined) throw truncated();
    const extra = low + high * 256;
    if ((await input.skip(extra)) < extra) throw truncated();
  }
  if ((flags & 0x08) !== 0) await skipText(input);
  if ((flags & 0x10) !== 0) await skipText(input);
  if ((flags & 0x02) !== 0 && (await input.skip(2)) < 2) throw truncated();
}

/** A file name or comment, ended by NUL. */
async function skipText(input: ByteCursor): Promise<void> {
  for (let length = 0; length <= 64 * 1024; length++) {
    const [byte] = await input.read(1);
    if (byte === undefined) throw truncated();
    if (byte === 0) return;
  }
  throw new ArchiveRefusedError('C4', 'gzip header has a name longer than 64 KiB');
}

/** The deflate data of one member and its trailer; the cursor stands behind them afterwards. */
async function* inflateMember(
  input: ByteCursor,
  pieceBytes: number,
  count: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const inflate = createInflateRaw(inflateOptions(pieceBytes));
  let wake: (() => void) | undefined;
  const woken = (): void => {
    wake?.();
    wake = undefined;
  };
  let failure: Error | undefined;
  let ended = false;
  inflate.on('readable', woken);
  inflate.on('end', () => {
    ended = true;
    woken();
  });
  inflate.on('error', (error) => {
    failure = error;
    woken();
  });
  let writing: Uint8Array | undefined;
  let inputEnded = false;
  let written = 0;
  let checksum = 0;
  let size = 0;
  const next = (): Uint8Array | undefined => {
    const chunk: unknown = inflate.read();
    if (!(chunk instanceof Uint8Array)) return undefined;
    checksum = crc32(chunk, checksum);
    size = (size + chunk.length) % 2 ** 32;
    count(chunk);
    return chunk;
  };
  try {
    for (;;) {
      if (failure !== undefined) throw inflateError(failure);
      if (writing === undefined && !inputEnded) {
        if (await input.fill()) {
          const chunk = input.peek();
          writing = chunk;
          written += chunk.length;
          inflate.write(chunk, () => {
            // Zlib leaves unread what follows the end of the deflate data.
            input.take(chunk.length - (written - inflate.bytesWritten));
            if (inflate.bytesWritten < written) inputEnded = true;
            writing = undefined;
            woken();
          });
        } else {
          // What was decoded must be out before zlib learns that the input is cut: an error drops what waits.
          for (let chunk = next(); chunk !== undefined; chunk = next()) yield chunk;
          inputEnded = true;
          inflate.end();
        }
      }
      const chunk = next();
      if (chunk !== undefined) yield chunk;
      else if (ended) break;
      else if (failure === undefined && (writing !== undefined || inputEnded))
        await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    inflate.destroy();
  }
  const trailer = await input.read(8);
  if (trailer.length < 8) throw truncated();
  const view = new DataView(trailer.buffer, trailer.byteOffset, 8);
  if (view.getUint32(0, true) !== checksum)
    throw new ArchiveRefusedError('C1', 'the CRC-32 of the gzip stream does not match its content');
  if (view.getUint32(4, true) !== size)
    throw new ArchiveRefusedError('C1', 'the length in the gzip trailer does not match its content');
}

function inflateError(error: Error): ArchiveRefusedError {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') return truncated();
  return new ArchiveRefusedError('C1', `the gzip stream is damaged: ${error.message}`);
}
