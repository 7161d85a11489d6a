/** Gathers what an OAR says of each of its regions. Files may come before the control file that names the regions. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import type { ControlFile, ControlRegion, RegionSize } from '../documents/control-file.ts';
import { detachedUuid } from './detached.ts';
import { ArchiveRefusedError } from './findings.ts';
import type { ReportFinding } from './findings.ts';
import type { RegionReport } from './inspection-report.ts';
import type { ObjectEntry, ParcelEntry, SettingsEntry, TerrainEntry } from './archive-entry.ts';
import { ParcelCoverage } from './parcel-coverage.ts';

interface Gathered {
  name: string | undefined;
  objects: number;
  parts: number;
  scripts: number;
  parcels: number;
  settings: { readonly entry: string; readonly telehub: Uuid | undefined } | undefined;
  terrain:
    (NonNullable<RegionReport['terrain']> & { readonly entry: string; readonly offset: number }) | undefined;
  bounds: { readonly min: [number, number, number]; readonly max: [number, number, number] } | undefined;
  readonly coverage: ParcelCoverage;
}

/** More regions than any simulator runs; a hostile archive could name one per entry. */
const regionsMax = 4096;

export class RegionCensus {
  readonly #regions = new Map<string, Gathered>();
  readonly #rootIds = new Set<Uuid>();
  readonly #report: ReportFinding;

  constructor(report: ReportFinding) {
    this.#report = report;
  }

  /** Whether any file of a region came. */
  get isEmpty(): boolean {
    return this.#regions.size === 0;
  }

  #of(dir: string): Gathered {
    const known = this.#regions.get(dir);
    if (known !== undefined) return known;
    if (this.#regions.size >= regionsMax)
      throw new ArchiveRefusedError('C4', `files of more than ${regionsMax} regions`);
    const fresh: Gathered = {
      name: undefined,
      objects: 0,
      parts: 0,
      scripts: 0,
      parcels: 0,
      settings: undefined,
      terrain: undefined,
      bounds: undefined,
      coverage: new ParcelCoverage(),
    };
    this.#regions.set(dir, fresh);
    return fresh;
  }

  /** An entry below `objects/` or `landdata/`, usable or not. */
  count(dir: string, kind: 'objects' | 'parcels'): void {
    this.#of(dir)[kind] += 1;
  }

  object({ regionDir, name, offset, object }: ObjectEntry): void {
    const region = this.#of(regionDir);
    region.parts += object.parts.length;
    region.scripts += object.scriptCount;
    const position = object.parts[0]?.groupPosition;
    if (position !== undefined) widen(region, position);
    if (this.#rootIds.has(object.rootId))
      this.#report({
        rule: 'O2',
        severity: 'warning',
        entry: name,
        offset,
        message: 'another object has the same root id',
        ids: [object.rootId],
      });
    this.#rootIds.add(detachedUuid(object.rootId));
  }

  parcel({ regionDir, parcel }: ParcelEntry): void {
    this.#of(regionDir).coverage.add(parcel.bitmap);
  }

  settings({ regionDir, regionName, name, offset, settings }: SettingsEntry): void {
    const region = this.#of(regionDir);
    if (region.settings !== undefined)
      this.#report({
        rule: 'R1',
        severity: 'warning',
        entry: name,
        offset,
        message: 'a second file of settings for its region',
      });
    region.settings = { entry: name, telehub: settings.telehub && detachedUuid(settings.telehub.objectId) };
    region.name = regionName;
  }

  terrain({ regionDir, regionName, name, offset, terrainSize, statistics }: TerrainEntry): void {
    const region = this.#of(regionDir);
    if (region.terrain !== undefined)
      this.#report({
        rule: 'R1',
        severity: 'warning',
        entry: name,
        offset,
        message: 'a second terrain for its region',
      });
    region.name ??= regionName;
    region.terrain = {
      width: terrainSize.x,
      height: terrainSize.y,
      lowest: statistics.min,
      highest: statistics.max,
      entry: name,
      offset,
    };
  }

  /** The checks that need the control file and all entries. Throws when a terrain that came before it has another size. */
  check(control: ControlFile): void {
    const known = new Set(control.regions.map((region) => region.directory));
    for (const [dir, found] of this.#regions) {
      if (known.has(dir)) continue;
      const where = dir === '' ? 'outside regions/' : `below regions/${dir}`;
      this.#report({
        rule: 'C5',
        severity: 'warning',
        ...(found.settings && { entry: found.settings.entry }),
        message: `files ${where}, which the control file does not know`,
      });
    }
    for (const region of control.regions) this.#checkRegion(region, control.isMultiRegion);
  }

  #checkRegion({ directory, size }: ControlRegion, isMultiRegion: boolean): void {
    const found = this.#regions.get(directory);
    const warn = (rule: 'R1' | 'R2' | 'R3', message: string, ids?: readonly Uuid[]): void => {
      const of = isMultiRegion ? `region ${JSON.stringify(directory)}: ` : '';
      this.#report({ rule, severity: 'warning', message: of + message, ...(ids && { ids }) });
    };
    if (found?.settings === undefined) warn('R1', 'no usable settings');
    if (found?.terrain === undefined) warn('R1', 'no usable terrain');
    else checkTerrainSize(found.terrain, size);
    if (found === undefined || found.parcels === 0) warn('R1', 'no parcel');
    else {
      const { overlaps, gaps, fits } = found.coverage.compare(size);
      if (!fits) warn('R2', 'a parcel bitmap has not the size of the region');
      else if (overlaps + gaps > 0)
        warn('R2', `parcels leave ${gaps} cells of 4x4 m without a parcel and give ${overlaps} to several`);
    }
    const telehub = found?.settings?.telehub;
    if (telehub !== undefined && !this.#rootIds.has(telehub))
      warn('R3', 'the telehub object is not in the archive', [telehub]);
  }

  report({ directory, id, size, column, row }: ControlRegion, isMultiRegion: boolean): RegionReport {
    const found = this.#regions.get(directory);
    const terrain = found?.terrain;
    return {
      name: found?.name,
      dir: directory,
      id,
      position: isMultiRegion ? { x: column, y: row } : undefined,
      size,
      objects: found?.objects ?? 0,
      parts: found?.parts ?? 0,
      scripts: found?.scripts ?? 0,
      parcels: found?.parcels ?? 0,
      hasSettings: found?.settings !== undefined,
      terrain: terrain && {
        width: terrain.width,
        height: terrain.height,
        lowest: terrain.lowest,
        highest: terrain.highest,
      },
      objectBounds: found?.bounds,
    };
  }

  total(field: 'objects' | 'parts' | 'scripts' | 'parcels'): number {
    let sum = 0;
    for (const region of this.#regions.values()) sum += region[field];
    return sum;
  }
}

function checkTerrainSize(terrain: NonNullable<Gathered['terrain']>, size: RegionSize): void {
  if (terrain.width === size.x && terrain.height === size.y) return;
  throw new ArchiveRefusedError(
    'R2',
    `the terrain is for ${terrain.width}x${terrain.height} m, the region of the control file (which came later) has ${size.x}x${size.y} m`,
    terrain,
  );
}

function widen(region: Gathered, { x, y, z }: Vector3): void {
  const bounds = (region.bounds ??= { min: [x, y, z], max: [x, y, z] });
  bounds.min[0] = Math.min(bounds.min[0], x);
  bounds.min[1] = Math.min(bounds.min[1], y);
  bounds.min[2] = Math.min(bounds.min[2], z);
  bounds.max[0] = Math.max(bounds.max[0], x);
  bounds.max[1] = Math.max(bounds.max[1], y);
  bounds.max[2] = Math.max(bounds.max[2], z);
}
