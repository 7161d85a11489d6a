/** Finds the records of a pack: by its footer when sealed, else by walking from record to record and past damage. */
import { ReadAhead, type ByteSource } from './byte-source.ts';
import {
  decodeFooter,
  decodePackHeader,
  decodeRecordHeader,
  decodeTrailer,
  packHeaderBytes,
  packIdentity,
  recordBytes,
  recordHeaderBytes,
  recordMagic,
  trailerBytes,
  type FooterEntry,
  type PackIdentity,
  type RecordHeader,
  type Trailer,
} from './pack-format.ts';
import { checkContentHash, checkPayloadCrc, type RecordState } from './record-check.ts';

export type ScanItem =
  | { readonly type: 'record'; readonly record: RecordHeader; readonly state: RecordState | 'unchecked' }
  | { readonly type: 'gap'; readonly offset: number; readonly bytes: number }
  /** Bytes behind the last record that are no record: a torn write, or damage. */
  | { readonly type: 'tail'; readonly offset: number; readonly bytes: number };

export interface ScanOptions {
  /** Start of a record. Default: the first. */
  readonly from?: number;
  /** Where records end. Default: the end of the source. */
  readonly to?: number;
  /** Check every payload against its checksum. */
  readonly checkPayloads: boolean;
}

const walkAheadBytes = 16 * 1024;
const readAheadBytes = 1024 * 1024;
const searchBytes = 256 * 1024;

/** The identity by which a pack's checksums are made. The header decides, the file's name when the header is damaged. */
export async function readPackIdentity(source: ByteSource, name: string): Promise<PackIdentity> {
  const header = await source.read(0, packHeaderBytes);
  return packIdentity(decodePackHeader(header) ?? name);
}

export async function readTrailer(source: ByteSource, identity: PackIdentity): Promise<Trailer | undefined> {
  if (source.size < packHeaderBytes + trailerBytes) return undefined;
  const bytes = await source.read(source.size - trailerBytes, trailerBytes);
  return decodeTrailer(bytes, identity, source.size);
}

/** The footer's entries; undefined when the footer is damaged. */
export async function readFooter(
  source: ByteSource,
  identity: PackIdentity,
  trailer: Trailer,
): Promise<readonly FooterEntry[] | undefined> {
  return decodeFooter(await source.read(trailer.footerOffset, trailer.footerBytes), identity, trailer);
}

/**
 * Walks the records in the order of the file. Bytes that are no record are searched for the next one, which is only
 * believed when its content has the hash it claims: content that imitates a record cannot smuggle anything in.
 */
export async function* scanPack(
  source: ByteSource,
  identity: PackIdentity,
  options: ScanOptions,
): AsyncGenerator<ScanItem> {
  const ahead = new ReadAhead(source, options.checkPayloads ? readAheadBytes : walkAheadBytes);
  const end = Math.min(options.to ?? source.size, source.size);
  let offset = options.from ?? packHeaderBytes;
  while (offset < end) {
    const record = await recordAt(ahead, identity, offset, end);
    if (record !== undefined) {
      const state = options.checkPayloads
        ? await checkPayloadCrc(ahead, record, record.payloadCrc)
        : 'unchecked';
      yield { type: 'record', record, state };
      offset += recordBytes(record);
      continue;
    }
    const next = await findRecord(source, identity, offset + 1, end);
    if (next === undefined) {
      yield { type: 'tail', offset, bytes: end - offset };
      return;
    }
    yield { type: 'gap', offset, bytes: next - offset };
    offset = next;
  }
}

async function recordAt(
  source: ByteSource,
  identity: PackIdentity,
  offset: number,
  end: number,
): Promise<RecordHeader | undefined> {
  const header = decodeRecordHeader(await source.read(offset, recordHeaderBytes), identity, offset);
  return header !== undefined && offset + recordBytes(header) <= end ? header : undefined;
}

/** The next place at or after `from` where a whole, true record begins. */
async function findRecord(
  source: ByteSource,
  identity: PackIdentity,
  from: number,
  end: number,
): Promise<number | undefined> {
  let offset = from;
  while (offset + recordHeaderBytes <= end) {
    const bytes = await source.read(offset, Math.min(searchBytes, end - offset));
    for (let at = bytes.indexOf(recordMagic); at >= 0; at = bytes.indexOf(recordMagic, at + 1)) {
      const record = await recordAt(source, identity, offset + at, end);
      if (record !== undefined && (await checkContentHash(source, record)) === 'whole') return offset + at;
    }
    if (bytes.length < searchBytes) return undefined;
    offset += bytes.length - recordMagic.length + 1;
  }
  return undefined;
}
