/** Reads an archive once, says all there is to know of it, and hands its content on to whoever loads it. */
import { hash } from 'node:crypto';
import type { Uuid } from '@gridkeep/wire/uuid';
import type {
  ArchiveEntry,
  AssetEntry,
  ControlEntry,
  FolderEntry,
  ItemEntry,
  ObjectEntry,
  ParcelEntry,
  PathStep,
  SettingsEntry,
  TerrainEntry,
} from './archive-entry.ts';
import { defaultArchiveLimits } from './archive-limits.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { readArchive } from './archive-reader.ts';
import { readSource, sourceBytes } from './archive-source.ts';
import type { ArchiveSource } from './archive-source.ts';
import { ArchiveRefusedError, FindingLog } from './findings.ts';
import type { InspectionReport } from './inspection-report.ts';
import { Inspection } from './inspection.ts';

export interface HashedAsset extends AssetEntry {
  /** Of the bytes, hexadecimal. */
  readonly sha256: string;
}

/**
 * Takes the valid content of an archive while it is inspected; each promise is awaited before more is read. Nothing is
 * final before `inspectArchive` gave its report: the archive may be refused at its very last byte. An asset id comes once,
 * with the bytes that count; empty assets do not come. A folder comes once, before what is in it, also when the archive has
 * no entry for it.
 */
export interface ArchiveSink {
  readonly control?: (entry: ControlEntry) => Promise<void>;
  readonly asset?: (entry: HashedAsset) => Promise<void>;
  readonly object?: (entry: ObjectEntry) => Promise<void>;
  readonly parcel?: (entry: ParcelEntry) => Promise<void>;
  readonly settings?: (entry: SettingsEntry) => Promise<void>;
  readonly terrain?: (entry: TerrainEntry) => Promise<void>;
  readonly folder?: (entry: FolderEntry) => Promise<void>;
  readonly item?: (entry: ItemEntry) => Promise<void>;
}

export interface InspectionProgress {
  readonly bytesRead: number;
  /** Undefined for a stream of unknown length. */
  readonly bytesTotal: number | undefined;
  readonly entries: number;
}

export interface InspectionOptions {
  readonly sink?: ArchiveSink;
  /** Which of these (at most a thousand at a time) the grid has already. */
  readonly knownAssets?: (ids: readonly Uuid[]) => Promise<ReadonlySet<Uuid>>;
  /** Told, after the last entry, of every usable asset that nothing in the archive names; some at a time. */
  readonly onUnreferenced?: (ids: readonly Uuid[]) => Promise<void>;
  readonly limits?: Partial<ArchiveLimits>;
  readonly signal?: AbortSignal;
  /** Called at most once per entry. */
  readonly onProgress?: (progress: InspectionProgress) => void;
  /** For `bytesTotal` when the source is a stream. */
  readonly bytesTotal?: number;
  /** Findings kept of each rule and severity. Default 50. */
  readonly findingsPerRule?: number;
}

/**
 * Never throws for what the archive is: then the verdict is 'refuse'. Errors of the disk, of the sink, of `knownAssets`
 * and the signal's reason are thrown, after the source was closed.
 */
export async function inspectArchive(
  source: ArchiveSource,
  options: InspectionOptions = {},
): Promise<InspectionReport> {
  const log = new FindingLog(options.findingsPerRule);
  const inspection = new Inspection(log.report);
  const bytesTotal = options.bytesTotal ?? (await sourceBytes(source));
  const meter = { bytesRead: 0 };
  const limits = { ...defaultArchiveLimits, ...options.limits };
  let refusal: ArchiveRefusedError | undefined;
  try {
    const entries = readArchive(metered(source, meter, options.signal), { limits, report: log.report });
    for await (const entry of entries) {
      inspection.entries += 1;
      inspection.uncompressed = entry.offset + entry.size;
      await takeEntry(entry, inspection, options.sink);
      options.onProgress?.({ bytesRead: meter.bytesRead, bytesTotal, entries: inspection.entries });
    }
    inspection.finish();
  } catch (error) {
    if (!(error instanceof ArchiveRefusedError)) throw error;
    refusal = error;
  }
  options.signal?.throwIfAborted();
  if (refusal === undefined) await inspection.resolve(options.knownAssets, options.onUnreferenced);
  return inspection.report(log, refusal, meter.bytesRead);
}

async function* metered(
  source: ArchiveSource,
  meter: { bytesRead: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of readSource(source, signal)) {
    meter.bytesRead += chunk.length;
    yield chunk;
  }
}

async function takeEntry(
  entry: ArchiveEntry,
  inspection: Inspection,
  sink: ArchiveSink | undefined,
): Promise<void> {
  switch (entry.kind) {
    case 'control':
      inspection.control(entry);
      await sink?.control?.(entry);
      return;
    case 'asset': {
      const sha256 = hash('sha256', entry.bytes, 'hex');
      if (inspection.asset(entry, sha256)) await sink?.asset?.({ ...entry, sha256 });
      return;
    }
    case 'object':
      inspection.object(entry);
      await sink?.object?.(entry);
      return;
    case 'parcel':
      inspection.parcel(entry);
      await sink?.parcel?.(entry);
      return;
    case 'settings':
      inspection.settings(entry);
      await sink?.settings?.(entry);
      return;
    case 'terrain':
      inspection.terrain(entry);
      await sink?.terrain?.(entry);
      return;
    case 'folder': {
      const { implied, isNew } = inspection.folder(entry);
      await announce(implied, entry, sink);
      if (isNew) await sink?.folder?.(entry);
      return;
    }
    case 'item':
      await announce(inspection.item(entry), entry, sink);
      await sink?.item?.(entry);
      return;
    case 'refused':
      inspection.refused(entry);
      return;
    case 'ignored':
      return;
  }
}

async function announce(
  paths: readonly (readonly PathStep[])[],
  from: FolderEntry | ItemEntry,
  sink: ArchiveSink | undefined,
): Promise<void> {
  for (const path of paths)
    await sink?.folder?.({ kind: 'folder', name: from.name, offset: from.offset, size: 0, path });
}
