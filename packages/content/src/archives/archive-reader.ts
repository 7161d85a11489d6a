/** One pass over an OAR or IAR: entries in order, each read and checked, problems reported. Nothing is kept. */
import { zeroUuid } from '@gridkeep/wire/uuid';
import { parseAssetFileName } from '../assets/asset-file-name.ts';
import { AssetTypes } from '../assets/asset-kinds.ts';
import type { AssetType } from '../assets/asset-kinds.ts';
import { parseControlFile } from '../documents/control-file.ts';
import type { ControlFile, RegionSize } from '../documents/control-file.ts';
import { DocumentError } from '../documents/document-error.ts';
import type { DocumentFinding } from '../documents/document-error.ts';
import type { ArchiveEntry, RefusedEntry } from './archive-entry.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { defaultArchiveLimits } from './archive-limits.ts';
import { readSource } from './archive-source.ts';
import type { ArchiveSource } from './archive-source.ts';
import {
  readItemEntry,
  readObjectEntry,
  readParcelEntry,
  readSettingsEntry,
  readTerrainEntry,
} from './entry-content.ts';
import type { ReadContext } from './entry-content.ts';
import { hazardOf, placeOf } from './entry-path.ts';
import type { EntryPlace } from './entry-path.ts';
import { ArchiveRefusedError } from './findings.ts';
import type { Finding, ReportFinding } from './findings.ts';
import { decompress } from './gzip-source.ts';
import { inventoryPath } from './inventory-path.ts';
import { readTar } from './tar-reader.ts';
import type { TarEntry } from './tar-reader.ts';

export interface ReadOptions {
  readonly limits?: Partial<ArchiveLimits>;
  /** Hears of every problem, in order. A `FindingLog` keeps the report short. */
  readonly report?: ReportFinding;
  readonly signal?: AbortSignal;
}

/**
 * The entries of an archive. Throws ArchiveRefusedError when nothing of it may be used, also after the last entry: until
 * the end marker and the checksum of the whole stream were seen, nothing is final. Leaving early closes the source.
 */
export function readArchive(
  source: ArchiveSource,
  options: ReadOptions = {},
): AsyncGenerator<ArchiveEntry, void, void> {
  const limits = { ...defaultArchiveLimits, ...options.limits };
  const report = options.report ?? (() => undefined);
  return new ArchiveReader(limits, report).read(readSource(source, options.signal));
}

class ArchiveReader {
  readonly #limits: ArchiveLimits;
  readonly #report: ReportFinding;
  #hasControl = false;
  #regionDirs: ReadonlySet<string> = new Set();
  #regionSizes: ReadonlyMap<string, RegionSize> = new Map();
  #refused = 0;

  constructor(limits: ArchiveLimits, report: ReportFinding) {
    this.#limits = limits;
    this.#report = report;
  }

  async *read(source: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, void> {
    const tar = readTar(decompress(source, this.#limits, this.#report), this.#limits);
    for await (const entry of tar) {
      const read = await this.#readEntry(entry);
      if (read.kind === 'refused' && ++this.#refused > this.#limits.entriesRefusedMax)
        throw new ArchiveRefusedError(
          'C4',
          `more than ${this.#limits.entriesRefusedMax} entries had to be refused`,
          named(entry),
        );
      yield read;
    }
  }

  async #readEntry(entry: TarEntry): Promise<ArchiveEntry> {
    const name = this.#plainName(entry);
    const place = placeOf(name, this.#regionDirs);
    if (entry.type === 'refused')
      return this.#refuse(entry, place, 'C3', entry.refusal ?? 'not a plain file');
    const hazard = hazardOf(name);
    if (hazard !== undefined) {
      // Names of regions, objects and items are the users', and stand in paths as they are.
      const isUsersName =
        place.kind === 'inventory'
          ? !name.split('/').includes('..')
          : place.kind !== 'asset' && place.kind !== 'other';
      if (!isUsersName) return this.#refuse(entry, place, 'C3', hazard);
      this.#find(entry, {
        rule: 'C3',
        severity: 'warning',
        message: `${hazard}: unpacked by tar it may escape its folder`,
      });
    }
    try {
      return await this.#readPlace(entry, place);
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      // A control file that cannot be used leaves nothing to go by.
      if (place.kind === 'control') throw new ArchiveRefusedError(error.rule, textOf(error), named(entry));
      return this.#refuse(entry, place, error.rule, textOf(error));
    }
  }

  /** Archives packed again by hand often have `./` before every name. */
  #plainName(entry: TarEntry): string {
    if (!entry.name.startsWith('./') || entry.name === './') return entry.name;
    const name = entry.name.slice(2);
    if (name === 'archive.xml')
      this.#find(entry, {
        rule: 'C2',
        severity: 'warning',
        message: 'the "./" before the name keeps OpenSimulator from finding it',
      });
    return name;
  }

  async #readPlace(entry: TarEntry, place: EntryPlace): Promise<ArchiveEntry> {
    const base = { name: entry.name, offset: entry.offset, size: entry.size };
    if (place.kind === 'inventory') {
      const { folders, file } = inventoryPath(place.path, entry.type === 'directory');
      if (file === undefined)
        return folders.length === 0
          ? { ...base, kind: 'ignored' }
          : { ...base, kind: 'folder', path: folders };
      const bytes = await this.#body(entry, this.#limits.itemBytesMax);
      return readItemEntry(base, folders, bytes, this.#context(entry));
    }
    if (entry.type === 'directory') return { ...base, kind: 'ignored' };
    switch (place.kind) {
      case 'control': {
        if (this.#hasControl) return this.#refuse(entry, place, 'C2', 'a second control file');
        const control = parseControlFile(await this.#body(entry, this.#limits.controlBytesMax));
        this.#learn(control);
        return { ...base, kind: 'control', control };
      }
      case 'asset':
        return this.#readAsset(entry, place.file);
      case 'object':
        return readObjectEntry(
          base,
          place,
          await this.#body(entry, this.#limits.objectBytesMax),
          this.#context(entry),
        );
      case 'parcel':
        return readParcelEntry(
          base,
          place,
          await this.#body(entry, this.#limits.parcelBytesMax),
          this.#context(entry),
        );
      case 'settings':
        return readSettingsEntry(
          base,
          place,
          await this.#body(entry, this.#limits.settingsBytesMax),
          this.#context(entry),
        );
      case 'terrain':
        return readTerrainEntry(
          base,
          place,
          await this.#body(entry, this.#limits.terrainBytesMax),
          this.#context(entry),
        );
      case 'other':
        this.#find(entry, {
          rule: 'C5',
          severity: 'info',
          message: 'no part of an OAR or IAR; not looked at',
        });
        return { ...base, kind: 'ignored' };
    }
  }

  #learn(control: ControlFile): void {
    this.#hasControl = true;
    this.#regionSizes = new Map(control.regions.map((region) => [region.directory, region.size]));
    if (control.isMultiRegion) this.#regionDirs = new Set(this.#regionSizes.keys());
  }

  async #readAsset(entry: TarEntry, file: string): Promise<ArchiveEntry> {
    const place = { kind: 'asset', file } as const;
    const parsed = parseAssetFileName(file);
    const { id } = parsed;
    if (id === undefined)
      return this.#refuse(entry, place, 'A1', 'problem' in parsed ? parsed.problem : 'the name has no id');
    const type: AssetType = 'type' in parsed ? parsed.type : AssetTypes.unknown;
    if (id === zeroUuid) return this.#refuse(entry, place, 'A1', 'the zero id stands for no asset');
    if ('problem' in parsed)
      this.#find(entry, {
        rule: 'A1',
        severity: 'warning',
        message: `${parsed.problem}: the bytes are kept, the type is unknown`,
        ids: [id],
      });
    const bytes = await this.#body(entry, this.#limits.assetBytesMax);
    return { name: entry.name, offset: entry.offset, size: entry.size, kind: 'asset', id, type, bytes };
  }

  async #body(entry: TarEntry, bytesMax: number): Promise<Uint8Array> {
    if (entry.size > bytesMax)
      throw new DocumentError('C4', '', `${entry.size} bytes, more than the ${bytesMax} allowed here`);
    return entry.bytes();
  }

  #context(entry: TarEntry): ReadContext {
    return {
      sizeOf: (regionDir) => this.#regionSizes.get(regionDir),
      find: (finding: DocumentFinding) => {
        const message = finding.field === '' ? finding.message : `${finding.field}: ${finding.message}`;
        this.#find(entry, { rule: finding.rule, severity: finding.severity, message });
      },
    };
  }

  #find(entry: TarEntry, finding: Finding): void {
    this.#report({ ...finding, entry: entry.name, offset: entry.offset });
  }

  #refuse(entry: TarEntry, place: EntryPlace, rule: Finding['rule'], message: string): RefusedEntry {
    this.#find(entry, { rule, severity: 'error', message, entryRefused: true });
    const parsed = place.kind === 'asset' ? parseAssetFileName(place.file) : undefined;
    return {
      name: entry.name,
      offset: entry.offset,
      size: entry.size,
      kind: 'refused',
      place: place.kind,
      regionDir: 'regionDir' in place ? place.regionDir : '',
      assetType: parsed === undefined ? undefined : 'type' in parsed ? parsed.type : AssetTypes.unknown,
    };
  }
}

/** The rule stands beside the message in a finding. */
function textOf({ field, detail, offset }: DocumentError): string {
  const at = offset === undefined ? '' : ` at character ${offset}`;
  return field === '' ? `${detail}${at}` : `${field}${at}: ${detail}`;
}

function named(entry: TarEntry): { entry: string; offset: number } {
  return { entry: entry.name, offset: entry.offset };
}
