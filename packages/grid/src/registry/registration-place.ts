/** Whether a region may stand where it wants to, under the name it wants: in the order of OpenSimulator's checks. */
import type { Queries } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { RegionGround } from '../regions/region-records.ts';
import type { Regions } from '../regions/regions.ts';
import { cellMetres, regionFlags, RegistrationRefusedError } from './registered-region.ts';
import type { Registration } from './registered-region.ts';
import { findNamed, findOverlapping, linkColumns } from './registry-store.ts';
import type { RegionRowWithPolicy } from './registry-tables.ts';

/** Links beyond this are refused. */
const linkColumnsMax = 32_768;

export interface PlaceQuestion {
  readonly registration: Registration;
  readonly before: RegionRowWithPolicy | undefined;
  readonly duplicateNames: boolean;
  readonly regions: Regions;
}

/** Throws RegistrationRefusedError. */
export async function requireNameAndPlace(queries: Queries, question: PlaceQuestion): Promise<void> {
  await requireGround(queries, question);
  if (!question.duplicateNames) await requireName(queries, question);
  const { registration, before } = question;
  if (before === undefined || before.hyperlink !== 0) return;
  const moves = before.x !== registration.x || before.y !== registration.y;
  if (moves && ((before.policy ?? 0) & (regionFlags.noMove | regionFlags.lockedOut)) !== 0)
    throw new RegistrationRefusedError(
      `region ${registration.name} may not move from ${place(before)} to ${place(registration)}: ` +
        `its flags (no-move or locked-out) forbid it`,
    );
}

/** The name of a region or link, of whatever simulator, that has some of the ground of a region that is to be made. */
export async function registeredAt(queries: Queries, region: RegionGround): Promise<string | undefined> {
  const other = await findOverlapping(queries, {
    id: region.id,
    x: region.locationX * cellMetres,
    y: region.locationY * cellMetres,
    sizeX: region.sizeX,
    sizeY: region.sizeY,
  });
  return other?.name;
}

async function requireGround(queries: Queries, { registration, regions }: PlaceQuestion): Promise<void> {
  const wants = `region ${registration.name} cannot be at ${place(registration)}`;
  const other = await findOverlapping(queries, registration);
  if (other !== undefined)
    throw new RegistrationRefusedError(
      `${wants}: region ${other.name} (id ${readUuid(other.id)}) is registered at ${place(other)} with ` +
        `${other.size_x} x ${other.size_y} m by ${other.server_uri}. Move one of them` +
        (other.online === 0 || other.unreachable_since > 0
          ? ', or take the other off the map with "gridkeep region deregister", since it is not running'
          : ''),
    );
  const stored = await regions.findOverlapping(
    {
      id: registration.id,
      locationX: registration.x / cellMetres,
      locationY: registration.y / cellMetres,
      sizeX: registration.sizeX,
      sizeY: registration.sizeY,
    },
    queries,
  );
  if (stored !== undefined)
    throw new RegistrationRefusedError(
      `${wants}: this grid keeps region ${stored.name} there. If this is that region, give it ` +
        `RegionUUID = ${stored.id}; if not, give it another location`,
    );
}

async function requireName(queries: Queries, { registration, regions }: PlaceQuestion): Promise<void> {
  const other = await findNamed(queries, registration.name, registration.id);
  if (other !== undefined)
    throw new RegistrationRefusedError(
      `there is a region named ${other.name} at ${place(other)} already (id ${readUuid(other.id)}): rename one of them`,
    );
  const stored = await regions.findNamed(registration.name, queries);
  if (stored !== undefined && stored.id !== registration.id)
    throw new RegistrationRefusedError(
      `this grid keeps a region named ${stored.name} already. If this is that region, give it ` +
        `RegionUUID = ${stored.id}; if not, rename it`,
    );
}

/** As operators write it, in units of 256 m. */
function place({ x, y }: { readonly x: number; readonly y: number }): string {
  return `${x / cellMetres},${y / cellMetres}`;
}

/** Metres of the first free cell of the lowest row, for a link to another grid. Throws RegistrationRefusedError. */
export async function freeLinkColumn(queries: Queries): Promise<number> {
  const taken = await linkColumns(queries);
  for (let column = 0; column < linkColumnsMax; column += 1)
    if (!taken.has(column * cellMetres)) return column * cellMetres;
  throw new RegistrationRefusedError(`there are ${linkColumnsMax} links to other grids already`);
}
