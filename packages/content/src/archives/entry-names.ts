/** Names of entries as OpenSimulator makes them, but without what would lead out of a folder when unpacked. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { asciiName } from './tar-writer.ts';

/** Names of objects and regions are the users': long ones are cut, which loses nothing, since nobody reads them back. */
const nameLengthMax = 200;

/** One path segment: no separator, no control character; never `.` or `..` together with what is put around it. */
function segment(name: string): string {
  return asciiName(name.slice(0, nameLengthMax)).replaceAll(/[/\\]/g, '_');
}

export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** `objects/<name>_<x>-<y>-<z>__<id>.xml`, metres rounded as .NET does, at least three digits each. */
export function objectEntryName(name: string, position: Position, id: Uuid): string {
  const at = [position.x, position.y, position.z].map(threeDigits).join('-');
  return `objects/${segment(name)}_${at}__${id}.xml`;
}

function threeDigits(metres: number): string {
  const rounded = roundHalfToEven(metres);
  return `${rounded < 0 ? '-' : ''}${String(Math.abs(rounded)).padStart(3, '0')}`;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

export function settingsEntryName(regionName: string): string {
  return `settings/${segment(regionName)}.xml`;
}

export function terrainEntryName(regionName: string): string {
  return `terrains/${segment(regionName)}.r32`;
}

export function parcelEntryName(id: Uuid): string {
  return `landdata/${id}.xml`;
}
