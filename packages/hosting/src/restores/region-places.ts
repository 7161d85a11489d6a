/** A name and a place for a region that is restored beside the one that is there. */
import type { NewRegion, Region } from '@gridkeep/grid/regions/region-records';
import { regionNameMax } from '@gridkeep/grid/regions/region-records';
import { registeredAt } from '@gridkeep/grid/registry/registration-place';
import type { Regions } from '@gridkeep/grid/regions/regions';
import type { Queries } from '@gridkeep/storage/database/database';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { RestoreRequest } from './restore-request.ts';
import { RestoreRefusedError } from './restore-request.ts';

const triesMax = 100;
/** In units of 256 m, around the place where it was. */
const distanceMax = 48;

export async function placeBeside(
  queries: Queries,
  regions: Regions,
  was: Region,
  request: Pick<RestoreRequest, 'newName' | 'location'>,
  snapshotTime: number,
): Promise<NewRegion> {
  const region = { ...was, id: randomUuid() };
  const name = request.newName ?? (await freeName(queries, regions, was.name, snapshotTime));
  if (request.location !== undefined) {
    const placed = { ...region, name, locationX: request.location.x, locationY: request.location.y };
    const other = await registeredAt(queries, placed);
    if (other === undefined) return placed;
    throw new RestoreRefusedError(
      `region ${other} is registered there, though the grid keeps nothing of it: name another place`,
    );
  }
  for (let distance = 1; distance <= distanceMax; distance += 1)
    for (const { x, y } of ring(was, distance)) {
      const placed = { ...region, name, locationX: x, locationY: y };
      if (y >= 17 && x >= 0 && (await isFree(queries, regions, placed))) return placed;
    }
  throw new RestoreRefusedError(`there is no free place near region ${was.name}: name one`);
}

/** Simulators also run regions of which the grid keeps nothing. */
async function isFree(queries: Queries, regions: Regions, placed: NewRegion & Region): Promise<boolean> {
  return (
    (await regions.findOverlapping(placed, queries)) === undefined &&
    (await registeredAt(queries, placed)) === undefined
  );
}

async function freeName(
  queries: Queries,
  regions: Regions,
  was: string,
  snapshotTime: number,
): Promise<string> {
  const day = new Date(snapshotTime).toISOString().slice(0, 10);
  for (let count = 1; count <= triesMax; count += 1) {
    const ending = ` restored ${day}${count === 1 ? '' : ` ${count}`}`;
    const name = was.slice(0, regionNameMax - ending.length).trim() + ending;
    if ((await regions.findNamed(name, queries)) === undefined) return name;
  }
  throw new RestoreRefusedError(`${triesMax} restored regions ${was} of that day are there: name another`);
}

/** East first, since most grids grow that way. */
function* ring(was: Region, distance: number): Generator<{ readonly x: number; readonly y: number }> {
  const step = Math.max(was.sizeX, was.sizeY) / 256;
  for (let dy = 0; dy <= distance; dy += 1)
    for (let dx = distance; dx >= 0; dx -= 1) {
      if (Math.max(dx, dy) !== distance) continue;
      for (const [sx, sy] of [
        [1, 1],
        [-1, 1],
        [1, -1],
        [-1, -1],
      ] as const)
        yield { x: was.locationX + sx * dx * step, y: was.locationY + sy * dy * step };
    }
}
