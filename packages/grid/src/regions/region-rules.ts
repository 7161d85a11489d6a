/** What a region's record must fulfil, with errors that say which rule was broken. */
import { regionNameMax, regionSizeMax, regionUnit } from './region-records.ts';
import type { NewRegion, Region } from './region-records.ts';

/** Simulators compute in 32-bit metres. */
const locationMax = 2 ** 24 - 1;
/** OpenSimulator keeps the rows below for links to other grids, and refuses regions there. */
const locationYMin = 17;

/** A region's record breaks a rule. */
export class RegionRefusedError extends Error {
  override readonly name = 'RegionRefusedError';
}

/** Its ground is taken. */
export class RegionOverlapError extends RegionRefusedError {
  readonly other: Region;
  constructor(region: NewRegion, other: Region) {
    super(
      `region ${region.name} at ${region.locationX},${region.locationY} would overlap ${other.name}, ` +
        `which lies at ${other.locationX},${other.locationY} with ${other.sizeX} x ${other.sizeY} m`,
    );
    this.other = other;
  }
}

export class UnknownRegionError extends Error {
  override readonly name = 'UnknownRegionError';
  constructor(region: string) {
    super(`there is no region ${region}`);
  }
}

/** Returns the region with its name trimmed. */
export function checkedRegion<T extends NewRegion>(region: T): T {
  const name = region.name.trim();
  if (name === '') throw new RegionRefusedError('a region needs a name');
  if (name.length > regionNameMax)
    throw new RegionRefusedError(`a region's name may have at most ${regionNameMax} characters`);
  // Separators in region addresses such as grid:port/region and region/x/y/z.
  if (/[\p{Cc}\p{Cs}/:;|<>]/u.test(name))
    throw new RegionRefusedError(
      `region name ${JSON.stringify(name)}: control characters and / : ; | < > are not allowed`,
    );
  checkLocation('x', region.locationX, 0);
  checkLocation('y', region.locationY, locationYMin);
  checkSize('width', region.sizeX);
  checkSize('depth', region.sizeY);
  return { ...region, name };
}

function checkLocation(axis: string, value: number, min: number): void {
  if (!Number.isInteger(value) || value < min || value > locationMax)
    throw new RegionRefusedError(
      `region location ${axis} is ${value}: it must be a whole number from ${min} to ${locationMax}`,
    );
}

function checkSize(side: string, metres: number): void {
  if (!Number.isInteger(metres) || metres < regionUnit || metres > regionSizeMax || metres % regionUnit !== 0)
    throw new RegionRefusedError(
      `region ${side} is ${metres} m: it must be a multiple of ${regionUnit} up to ${regionSizeMax}`,
    );
}
