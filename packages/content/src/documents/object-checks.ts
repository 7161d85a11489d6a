/** Checks of a linkset as a whole: links (O2) and ranges (O3). OpenSimulator reads what fails them, but not as meant. */
import type { Vector3 } from '@gridkeep/wire/vector';
import type { ObjectReading } from './object-reading.ts';
import type { ScenePart } from './scene-part.ts';

/** Far above what simulators allow in one linkset. */
const partsAdvisedMax = 4096;

export function checkLinks(parts: readonly ScenePart[], reading: ObjectReading): void {
  const warn = (field: string, message: string): void =>
    reading.find({ rule: 'O2', severity: 'warning', field, message });
  if (parts.length > partsAdvisedMax) warn('', `${parts.length} parts in one linkset`);
  const ids = new Set(parts.map((part) => part.id));
  if (ids.size < parts.length) warn('UUID', 'two parts have the same id');
  if (parts.length === 1) return;
  const numbers = new Set(parts.map((part) => part.linkNumber));
  if (numbers.size < parts.length) warn('LinkNum', 'two parts have the same link number');
  else if (parts[0]?.linkNumber !== 1) warn('LinkNum', 'the first part is not the root');
  else if (Math.max(...numbers) !== parts.length) warn('LinkNum', 'the link numbers have gaps');
}

/** Metres beyond the region's border at which OpenSimulator still leaves an object where it is. */
const borderMetres = 10;
const heightMin = -100;
const heightMax = 50_000;
const scaleMin = 0.001;
const scaleMax = 10_000;

export function checkNumbers(
  parts: readonly ScenePart[],
  regionSize: { readonly x: number; readonly y: number } | undefined,
  reading: ObjectReading,
): void {
  const warn = (field: string, message: string): void =>
    reading.find({ rule: 'O3', severity: 'warning', field, message });
  parts.forEach((part, index) => {
    if (!axes(part.scale).every((side) => side >= scaleMin && side <= scaleMax))
      warn(`part ${index}/Scale`, `${axes(part.scale).join(' x ')} m is no size of a prim`);
  });
  const root = parts[0];
  if (root === undefined || regionSize === undefined) return;
  const { x, y, z } = root.groupPosition;
  const inside =
    x >= -borderMetres &&
    y >= -borderMetres &&
    x <= regionSize.x + borderMetres &&
    y <= regionSize.y + borderMetres &&
    z >= heightMin &&
    z <= heightMax;
  if (!inside) warn('part 0/GroupPosition', `${x}, ${y}, ${z} is outside the region`);
}

function axes({ x, y, z }: Vector3): readonly number[] {
  return [x, y, z];
}
