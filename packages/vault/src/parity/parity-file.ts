/**
 * A parity file: one parity column of a group and, before and after it, all that is needed to use it, so that each of a
 * group's parity files tells everything and damage at one place of it costs little.
 *
 *     head (40) ‖ manifest ‖ column ‖ manifest ‖ head (40)
 *     head      "GKPARITY" ‖ version (1) ‖ number of the column (1) ‖ 2 zeros ‖ bytes of the manifest (uint32 LE)
 *               ‖ first 16 bytes of the manifest's SHA-256 ‖ first 8 bytes of the SHA-256 of the head so far
 *     manifest  bytes of the list (uint32 LE) ‖ list (JSON) ‖ checksums: 8 bytes of SHA-256 for every block of the files
 *               in order, then of the parity columns
 */
import { hash } from 'node:crypto';
import { FormatError } from '../format/format-error.ts';
import { asArray, asCount, asObject, asString, parseJson } from '../format/json-input.ts';
import type { Target, TargetFile } from '../target/target.ts';
import { isTargetFailure } from '../target/target.ts';
import { columnsMax, parityMax } from './galois.ts';
import type { GroupFile, GroupPlan } from './group-plan.ts';
import { firstBlocks, groupFilesMax, protectedKinds } from './group-plan.ts';

const magic = Buffer.from('GKPARITY');
const version = 1;
const headBytes = 40;
export const sumBytes = 8;
/** Bytes of a manifest that are believed. */
const manifestBytesMax = 64 * 1024 * 1024;
const columnBytesMax = 1024 * 1024 * 1024;
/** What is read of a file to begin with. */
const firstReadBytes = 128 * 1024;

export interface Manifest {
  readonly plan: GroupPlan;
  /** Of the blocks of the files, then of the parity columns one after the other. */
  readonly sums: Buffer;
}

export function blockSum(block: Uint8Array): Buffer {
  return hash('sha256', block, 'buffer').subarray(0, sumBytes);
}

export function encodeManifest({ plan, sums }: Manifest): Buffer {
  const { blockBytes, rows, columns, parity, overhead } = plan;
  const files = plan.files.map((file) =>
    file.sha256 === undefined
      ? [file.kind, file.name, file.bytes]
      : [file.kind, file.name, file.bytes, file.sha256],
  );
  const list = Buffer.from(JSON.stringify({ blockBytes, rows, columns, parity, overhead, files }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(list.length);
  return Buffer.concat([length, list, sums]);
}

function head(manifest: Uint8Array, column: number): Buffer {
  const bytes = Buffer.alloc(headBytes);
  magic.copy(bytes);
  bytes[8] = version;
  bytes[9] = column;
  bytes.writeUInt32LE(manifest.length, 12);
  hash('sha256', manifest, 'buffer').copy(bytes, 16, 0, 16);
  hash('sha256', bytes.subarray(0, 32), 'buffer').copy(bytes, 32, 0, 8);
  return bytes;
}

export function encodeParityFile(manifest: Uint8Array, column: number, bytes: Uint8Array): Buffer {
  const start = head(manifest, column);
  return Buffer.concat([start, manifest, bytes, manifest, start]);
}

interface Head {
  readonly column: number;
  readonly manifestBytes: number;
  /** Names the group: 32 hexadecimal digits. */
  readonly group: string;
}

function decodeHead(bytes: Buffer): Head | undefined {
  if (bytes.length !== headBytes || !bytes.subarray(0, 8).equals(magic) || bytes[8] !== version)
    return undefined;
  if (!hash('sha256', bytes.subarray(0, 32), 'buffer').subarray(0, 8).equals(bytes.subarray(32)))
    return undefined;
  const manifestBytes = bytes.readUInt32LE(12);
  if (manifestBytes > manifestBytesMax) return undefined;
  return { column: bytes.readUInt8(9), manifestBytes, group: bytes.toString('hex', 16, 32) };
}

const kinds: ReadonlySet<string> = new Set(protectedKinds);

function decodeFile(value: unknown): GroupFile {
  const [kindValue, nameValue, bytesValue, sha256] = asArray(value, 'parity: file');
  const kindName = asString(kindValue, 'parity: kind', 20);
  const kind = protectedKinds.find((known) => known === kindName);
  if (kind === undefined || !kinds.has(kindName))
    throw new FormatError('parity: a kind that is not protected');
  const name = asString(nameValue, 'parity: name', 64);
  const bytes = asCount(bytesValue, 'parity: bytes', 2 ** 32);
  if (kind === 'config') {
    if (name !== '') throw new FormatError('parity: the configuration has no name');
    return { kind, name, bytes, sha256: digits(asString(sha256, 'parity: hash', 64)) };
  }
  return { kind, name: digits(name), bytes };
}

function digits(name: string): string {
  if (!/^[0-9a-f]{64}$/.test(name)) throw new FormatError('parity: not a hash');
  return name;
}

/** Throws FormatError. */
export function decodeManifest(bytes: Buffer): Manifest {
  if (bytes.length < 4) throw new FormatError('parity: the manifest is cut off');
  const listBytes = bytes.readUInt32LE(0);
  if (listBytes > bytes.length - 4) throw new FormatError('parity: the manifest is cut off');
  const list = asObject(parseJson(bytes.toString('utf8', 4, 4 + listBytes), 'parity'), 'parity');
  const files = asArray(list['files'], 'parity: files');
  if (files.length > groupFilesMax) throw new FormatError('parity: too many files');
  const overhead = list['overhead'];
  if (typeof overhead !== 'number' || !(overhead > 0 && overhead <= 1)) {
    throw new FormatError('parity: overhead');
  }
  const plan: GroupPlan = {
    blockBytes: asCount(list['blockBytes'], 'parity: blockBytes', 1024 * 1024),
    rows: asCount(list['rows'], 'parity: rows', 2 ** 24),
    columns: asCount(list['columns'], 'parity: columns', columnsMax),
    parity: asCount(list['parity'], 'parity: parity', parityMax),
    overhead,
    files: files.map(decodeFile),
  };
  if (plan.blockBytes === 0 || plan.rows === 0 || plan.columns === 0 || plan.parity === 0) {
    throw new FormatError('parity: nothing in it');
  }
  if (plan.rows * plan.blockBytes > columnBytesMax) throw new FormatError('parity: a column too large');
  const blocks = firstBlocks(plan).at(-1) ?? 0;
  if (blocks > plan.rows * plan.columns) throw new FormatError('parity: more blocks than the columns hold');
  const sums = bytes.subarray(4 + listBytes);
  if (sums.length !== sumBytes * (blocks + plan.parity * plan.rows))
    throw new FormatError('parity: checksums');
  return { plan, sums };
}

export interface ParityFileInfo extends Head, Manifest {
  readonly name: string;
  /** Bytes that the file has when it is whole. */
  readonly bytesWhole: number;
  readonly bytes: number;
  /** Where the column begins. */
  readonly columnAt: number;
}

/** From the start of the file, or where that is damaged from its end. Undefined: neither can be read, or it is gone. */
export async function readParityFile(
  target: Target,
  file: TargetFile,
  signal?: AbortSignal,
): Promise<ParityFileInfo | undefined> {
  return (await readAt(target, file, 'start', signal)) ?? (await readAt(target, file, 'end', signal));
}

async function readAt(
  target: Target,
  file: TargetFile,
  end: 'start' | 'end',
  signal?: AbortSignal,
): Promise<ParityFileInfo | undefined> {
  const isStart = end === 'start';
  const piece = async (bytes: number): Promise<Buffer | undefined> => {
    if (bytes > file.bytes) return undefined;
    const offset = isStart ? 0 : file.bytes - bytes;
    try {
      return await target.read('parity', file.name, { offset, length: bytes }, signal);
    } catch (error) {
      if (isTargetFailure(error, 'absent') || isTargetFailure(error, 'short')) return undefined;
      throw error;
    }
  };
  let bytes = await piece(Math.min(firstReadBytes, file.bytes));
  if (bytes === undefined || bytes.length < headBytes) return undefined;
  const found = decodeHead(isStart ? bytes.subarray(0, headBytes) : bytes.subarray(-headBytes));
  if (found === undefined) return undefined;
  const needed = headBytes + found.manifestBytes;
  if (bytes.length < needed) bytes = await piece(needed);
  if (bytes === undefined || bytes.length < needed) return undefined;
  const manifest = isStart
    ? bytes.subarray(headBytes, needed)
    : bytes.subarray(bytes.length - needed, bytes.length - headBytes);
  if (hash('sha256', manifest, 'hex').slice(0, 32) !== found.group) return undefined;
  try {
    const { plan, sums } = decodeManifest(manifest);
    if (found.column >= plan.parity) return undefined;
    return {
      ...found,
      plan,
      // Of its own: not a view that keeps what else was read.
      sums: Buffer.from(sums),
      name: file.name,
      bytes: file.bytes,
      bytesWhole: 2 * needed + plan.rows * plan.blockBytes,
      columnAt: needed,
    };
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
