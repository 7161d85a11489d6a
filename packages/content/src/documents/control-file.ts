/**
 * `archive.xml`, which says what an archive is (OpenSim/Region/CoreModules/World/Archiver: ArchiveWriteRequest.cs,
 * ArchiveReadRequest.LoadControlFile, DearchiveScenesGroup.cs). It never says whether assets are really there.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { childOf, childrenOf, textOf } from '@gridkeep/wire/xml-tree';
import { DocumentError, quoted } from './document-error.ts';
import { decodeDocument, parseDocument } from './document-text.ts';
import type { XmlNode } from './xml-lines.ts';
import { asciiXml, xmlLines } from './xml-lines.ts';

/** Metres. */
export interface RegionSize {
  readonly x: number;
  readonly y: number;
}

export interface ControlRegion {
  /** The region's id when it was saved; undefined when the file has none. */
  readonly id: Uuid | undefined;
  /** Folder below `regions/`, compared as text and never a path on a disk; '' in an archive of one region. */
  readonly directory: string;
  readonly size: RegionSize;
  /** Column and row in steps of 256 m from the south-west, from 0; both 0 in an archive of one region. */
  readonly column: number;
  readonly row: number;
}

export interface ControlFile {
  readonly majorVersion: number;
  readonly minorVersion: number;
  /** Unix seconds, undefined in IARs and very old files. */
  readonly savedAt: number | undefined;
  /** What the file claims; OpenSimulator does not look at it. */
  readonly assetsIncluded: boolean | undefined;
  readonly isMultiRegion: boolean;
  /** Combined regions of 2012 to 2016. */
  readonly isMegaregion: boolean;
  /** One entry without a directory unless `isMultiRegion`. An IAR has no use for it. */
  readonly regions: readonly ControlRegion[];
  readonly columns: number;
  readonly rows: number;
}

export const majorVersionMax = 1;
const defaultSize: RegionSize = { x: 256, y: 256 };
const stepMetres = 256;
/** The largest region: viewers cannot show more. */
const sideMax = 4096;
/** A grid of regions larger than this is no saved simulator. */
const cellsMax = 10_000;
const directoryLengthMax = 1024;

/** Throws a DocumentError (C2, or C4 for a DOCTYPE). */
export function parseControlFile(bytes: Uint8Array): ControlFile {
  const root = parseDocument(decodeDocument(bytes).text, 'C2', { depthMax: 16, nodesMax: 100_000 });
  if (root.name !== 'archive')
    throw new DocumentError('C2', '', `<${root.name.slice(0, 60)}> instead of <archive>`);
  const majorVersion = version(root, 'major_version');
  const minorVersion = version(root, 'minor_version');
  if (majorVersion > majorVersionMax)
    throw new DocumentError('C2', '@major_version', `version ${majorVersion}.${minorVersion} is not known`);
  const rowsElement = childOf(root, 'regions');
  const rows = rowsElement === undefined ? [] : childrenOf(rowsElement, 'row');
  const info = childOf(root, 'creation_info');
  // As for the loader, a row makes an archive one of several regions, whatever its version says.
  const layout = rows.length === 0 ? singleRegion(root, info) : multiRegion(rows);
  const included = textOf(root, 'assets_included')?.trim().toLowerCase();
  return {
    majorVersion,
    minorVersion,
    savedAt: seconds(info),
    assetsIncluded: included === undefined ? undefined : included === 'true',
    isMegaregion: isTrue(childOf(root, 'region_info'), 'is_megaregion'),
    ...layout,
  };
}

function version(root: XmlElement, name: string): number {
  const text = root.attributes.get(name);
  if (text === undefined) throw new DocumentError('C2', `@${name}`, 'absent, but required');
  if (!/^\s*[0-9]{1,9}\s*$/.test(text))
    throw new DocumentError('C2', `@${name}`, `${quoted(text)} is no number`);
  return Number(text);
}

/** As the loader: what is no number counts as absent. */
function seconds(info: XmlElement | undefined): number | undefined {
  const text = info === undefined ? undefined : textOf(info, 'datetime')?.trim();
  if (text === undefined || !/^-?[0-9]{1,10}$/.test(text)) return undefined;
  return Number(text);
}

function isTrue(parent: XmlElement | undefined, name: string): boolean {
  return parent !== undefined && textOf(parent, name)?.trim().toLowerCase() === 'true';
}

type Layout = Pick<ControlFile, 'isMultiRegion' | 'regions' | 'columns' | 'rows'>;

function singleRegion(root: XmlElement, info: XmlElement | undefined): Layout {
  const region = childOf(root, 'region_info');
  const idText = info === undefined ? undefined : textOf(info, 'id');
  const size = region === undefined ? defaultSize : regionSize(region, 'region_info');
  const only = {
    id: idText === undefined ? undefined : tryParseUuid(idText.trim()),
    directory: '',
    size,
    column: 0,
    row: 0,
  };
  return { isMultiRegion: false, regions: [only], columns: 1, rows: 1 };
}

function multiRegion(rows: readonly XmlElement[]): Layout {
  const regions: ControlRegion[] = [];
  const directories = new Set<string>();
  let columns = 0;
  let cells = 0;
  rows.forEach((rowElement, row) => {
    const cellElements = childrenOf(rowElement, 'region');
    columns = Math.max(columns, cellElements.length);
    cells += cellElements.length;
    if (cells > cellsMax)
      throw new DocumentError('C2', 'regions', `more than ${cellsMax} places for regions`);
    cellElements.forEach((cell, column) => {
      const region = cellRegion(cell, column, row);
      if (region === undefined) return;
      if (directories.has(region.directory))
        throw new DocumentError('C2', 'dir', `${quoted(region.directory)} occurs twice`, cell.start);
      directories.add(region.directory);
      regions.push(region);
    });
  });
  return { isMultiRegion: true, regions, columns, rows: rows.length };
}

/** Undefined for a hole. */
function cellRegion(cell: XmlElement, column: number, row: number): ControlRegion | undefined {
  if (cell.children.length === 0) return undefined;
  const field = `row ${row}/region ${column}`;
  const idText = textOf(cell, 'id');
  const directory = textOf(cell, 'dir');
  if (idText === undefined || directory === undefined)
    throw new DocumentError('C2', field, 'a region needs an id and a dir', cell.start);
  if (directory === '' || directory.length > directoryLengthMax)
    throw new DocumentError('C2', `${field}/dir`, 'empty or longer than 1024 characters', cell.start);
  return { id: tryParseUuid(idText.trim()), directory, size: regionSize(cell, field), column, row };
}

function regionSize(parent: XmlElement, field: string): RegionSize {
  const text = textOf(parent, 'size_in_meters');
  if (text === undefined) return defaultSize;
  const match = /^\s*([0-9]{1,6})\s*,\s*([0-9]{1,6})\s*$/.exec(text);
  const size = { x: Number(match?.[1]), y: Number(match?.[2]) };
  if (!isSide(size.x) || !isSide(size.y))
    throw new DocumentError(
      'C2',
      `${field}/size_in_meters`,
      `${quoted(text)} is no size of a region`,
      parent.start,
    );
  return size;
}

function isSide(metres: number): boolean {
  return metres >= stepMetres && metres <= sideMax && metres % stepMetres === 0;
}

/** What `writeRegionControl` needs to know of a region. */
export interface SavedRegion {
  readonly id: Uuid;
  readonly size: RegionSize;
}

export interface PlacedRegion extends SavedRegion {
  /** See `regionDirectory`. */
  readonly directory: string;
  /** Steps of 256 m from the south-west, from 0. */
  readonly column: number;
  readonly row: number;
}

export interface SaveFacts {
  /** Unix seconds. */
  readonly savedAt: number;
  readonly assetsIncluded: boolean;
}

/** The control file of an OAR of one region, version 0.8, as OpenSimulator writes it. */
export function writeRegionControl(region: SavedRegion, facts: SaveFacts): Uint8Array {
  return write('0', '8', [
    [
      'creation_info',
      [
        ['datetime', String(facts.savedAt)],
        ['id', region.id],
      ],
    ],
    ['assets_included', boolean(facts.assetsIncluded)],
    ['region_info', [['size_in_meters', sizeText(region.size)]]],
  ]);
}

/** The control file of an OAR of several regions, version 1.0; places without a region become holes. */
export function writeMultiRegionControl(regions: readonly PlacedRegion[], facts: SaveFacts): Uint8Array {
  const columns = 1 + Math.max(-1, ...regions.map((region) => region.column));
  const rows = 1 + Math.max(-1, ...regions.map((region) => region.row));
  if (columns * rows > cellsMax)
    throw new RangeError(`${columns} x ${rows} places are more than ${cellsMax}`);
  const placed = new Map(regions.map((region) => [`${region.column} ${region.row}`, region]));
  const rowNodes = Array.from({ length: rows }, (_, row): XmlNode => [
    'row',
    Array.from({ length: columns }, (_unused, column): XmlNode => regionNode(placed.get(`${column} ${row}`))),
  ]);
  return write('1', '0', [
    ['creation_info', [['datetime', String(facts.savedAt)]]],
    ['assets_included', boolean(facts.assetsIncluded)],
    ['regions', rowNodes],
  ]);
}

function regionNode(region: PlacedRegion | undefined): XmlNode {
  if (region === undefined) return ['region', ''];
  return [
    'region',
    [
      ['id', region.id],
      ['dir', region.directory],
      ['size_in_meters', sizeText(region.size)],
    ],
  ];
}

/** The control file of an IAR: version 1.2 when its items carry the creators' home, else 0.3. */
export function writeInventoryControl(facts: {
  readonly assetsIncluded: boolean;
  readonly withHome: boolean;
}): Uint8Array {
  const nodes: readonly XmlNode[] = [['assets_included', boolean(facts.assetsIncluded)]];
  return facts.withHome ? write('1', '2', nodes) : write('0', '3', nodes);
}

/**
 * The folder of a region below `regions/`. OpenSimulator takes the name as it is, but then cannot load a region whose name has
 * other than ASCII letters (the control file and the path get a different number of question marks), and the path may climb.
 */
export function regionDirectory(column: number, row: number, name: string): string {
  const safe = name
    .replace(/[^A-Za-z0-9 .'()+,@-]/gu, '_')
    .replaceAll(' ', '_')
    .replaceAll('..', '__');
  return `${column + 1}_${row + 1}_${safe.slice(0, 64)}`;
}

function write(major: string, minor: string, nodes: readonly XmlNode[]): Uint8Array {
  const attributes = ` major_version="${major}" minor_version="${minor}"`;
  return Buffer.from(xmlLines(['archive', nodes], asciiXml, attributes), 'utf8');
}

/** As .NET writes booleans. */
function boolean(value: boolean): string {
  return value ? 'True' : 'False';
}

function sizeText({ x, y }: RegionSize): string {
  return `${x},${y}`;
}
