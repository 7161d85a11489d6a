/** Opens blobs and writes files. Its file operations block: a thread of its own does them several times faster that way. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  chmodSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { nodeNameBytes } from '../format/node-names.ts';
import { openBlob } from '../repository/blob-reading.ts';
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import { createSealer, type Sealer } from '../sealing/sealer.ts';
import type {
  FileTimes,
  PieceToWrite,
  SealedBlob,
  WriteFailure,
  WriteReply,
  WriteRequest,
} from './write-protocol.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
/** What ends the whole restore. */
const breaking: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE']);

let sealer: Sealer | undefined;

/** `path` as it stands on disk: names may hold bytes that are no text. */
function onDisk(path: string): string | Buffer {
  return path.isWellFormed() ? path : nodeNameBytes(path);
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** Modes that come out right when a file is made with them. */
const umask = process.umask();
const isMadeRight = (mode: number): boolean => mode <= 0o777 && (mode & umask) === 0;

function setTimes(file: number, { modifiedAt, mode }: FileTimes, isMode: boolean): void {
  if (!isMode) fchmodSync(file, mode & 0o7777);
  futimesSync(file, modifiedAt / 1000, modifiedAt / 1000);
}

/** What was there before is not written over, and no link is followed. */
function writePiece(piece: PieceToWrite, bytes: Uint8Array): void {
  if (piece.whole !== undefined && piece.whole.size !== bytes.length)
    throw new Error(`it has ${bytes.length} bytes instead of ${piece.whole.size}`);
  const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | (piece.whole === undefined ? 0 : O_EXCL);
  const path = onDisk(piece.path);
  const mode = piece.whole?.mode ?? 0;
  const file = openSync(path, flags, isMadeRight(mode) ? mode | 0o200 : 0o600);
  try {
    writeAll(file, bytes, piece.position);
    if (piece.whole !== undefined) setTimes(file, piece.whole, isMadeRight(mode) && (mode & 0o200) !== 0);
  } catch (error) {
    if (piece.whole !== undefined) rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function endFile({ path, size, ...times }: FileTimes & { path: string; size: number }): void {
  const file = openSync(onDisk(path), O_WRONLY | O_NOFOLLOW);
  try {
    const { size: actual } = fstatSync(file);
    if (actual !== size) throw new Error(`it has ${actual} bytes instead of ${size}`);
    setTimes(file, times, false);
  } finally {
    closeSync(file);
  }
}

/** Gives memory back at once: what is left to the collector of each thread adds up to hundreds of megabytes. */
function release(bytes: Uint8Array | undefined): void {
  if (bytes?.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength)
    bytes.buffer.transfer(0);
}

class Outcome {
  bytes = 0;
  readonly failures: WriteFailure[] = [];

  try(at: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (breaking.has(code)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      this.failures.push({ at, reason, isBlob: error instanceof RepositoryDamagedError });
    }
  }

  each<T>(things: readonly T[], work: (thing: T) => void): void {
    for (const [at, thing] of things.entries()) this.try(at, () => work(thing));
  }
}

function writeRegion(
  outcome: Outcome,
  bytes: Uint8Array,
  blobs: readonly SealedBlob[],
  pieces: readonly PieceToWrite[],
): void {
  const opener = sealer;
  if (opener === undefined) throw new Error('no key yet');
  let opened: { readonly blob: number; readonly bytes: Buffer } | undefined;
  // Pieces of one blob follow each other.
  for (const [at, piece] of pieces.entries()) {
    outcome.try(at, () => {
      if (opened?.blob !== piece.blob) {
        const blob = blobs[piece.blob];
        if (blob === undefined) throw new Error('no such blob in the region');
        release(opened?.bytes);
        opened = undefined;
        const sealed = bytes.subarray(blob.offset, blob.offset + blob.length);
        const plain = openBlob(opener, 'data', parseBlobId(blob.id), sealed, blob.uncompressedLength);
        opened = { blob: piece.blob, bytes: plain };
      }
      writePiece(piece, opened.bytes);
      outcome.bytes += opened.bytes.length;
    });
  }
  release(opened?.bytes);
  release(bytes);
}

function perform(request: Exclude<WriteRequest, { do: 'start' }>): Outcome {
  const outcome = new Outcome();
  switch (request.do) {
    case 'folders':
      outcome.each(request.paths, (path) => mkdirSync(onDisk(path), 0o700));
      break;
    case 'region':
      writeRegion(outcome, request.bytes, request.blobs, request.pieces);
      break;
    case 'pieces':
      outcome.each(request.pieces, (piece) => {
        writePiece(piece, request.bytes);
        outcome.bytes += request.bytes.length;
      });
      break;
    case 'end files':
      outcome.each(request.files, endFile);
      break;
    case 'remove files':
      outcome.each(request.paths, (path) => rmSync(onDisk(path), { force: true }));
      break;
    case 'links':
      outcome.each(request.links, ({ path, to }) => symlinkSync(onDisk(to), onDisk(path)));
      break;
    case 'end folders':
      outcome.each(request.folders, ({ path, modifiedAt, mode }) => {
        chmodSync(onDisk(path), mode & 0o7777);
        utimesSync(onDisk(path), modifiedAt / 1000, modifiedAt / 1000);
      });
  }
  return outcome;
}

async function answer(request: WriteRequest): Promise<WriteReply> {
  try {
    if (request.do === 'start') {
      sealer = await createSealer(request.key);
      return { is: 'done', bytes: 0, failures: [] };
    }
    const { bytes, failures } = perform(request);
    return { is: 'done', bytes, failures };
  } catch (error) {
    return { is: 'broken', message: error instanceof Error ? error.message : String(error) };
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: WriteRequest) => {
  last = last.then(async () => parentPort?.postMessage(await answer(request)));
});
