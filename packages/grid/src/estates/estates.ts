/** Estates and which regions belong to them. */
import { ForeignKeyViolationError } from '@gridkeep/storage/database/database-errors';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import { estateEmailMax, estateListMax, estateNameMax, estatesMax, newEstate } from './estate.ts';
import type { Estate, StoredEstate } from './estate.ts';
import * as store from './estates-store.ts';

/** The first id that is given out is the one after it; those below are other grids' special estates. */
const lastReservedId = 100;
/** How far above the highest id one may be that a simulator brings with it: ids must not run out. */
const idGapMax = 1000;
const idMax = 0x7fff_fffe;

/** An estate that cannot be: too many of them, or an id that is not to be had. */
export class EstateRefusedError extends Error {
  override readonly name = 'EstateRefusedError';
}

/** An estate with its regions, in the order of their ids. */
export interface EstateWithRegions {
  readonly estate: Estate;
  readonly regionIds: readonly Uuid[];
}

export class Estates {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(id: number): Promise<Estate | undefined> {
    return store.findEstate(this.#database, id);
  }

  ofRegion(regionId: Uuid): Promise<Estate | undefined> {
    return store.findEstateOfRegion(this.#database, regionId);
  }

  /** The region's estate; a new one when it has none. Throws EstateRefusedError when there are too many. */
  async ofRegionOrNew(regionId: Uuid): Promise<Estate> {
    const known = await this.ofRegion(regionId);
    if (known !== undefined) return known;
    return transact(this.#database, async (queries) => {
      const linked = await store.findEstateOfRegion(queries, regionId);
      if (linked !== undefined) return linked;
      const estate = await insertNew(queries, {});
      await store.linkRegion(queries, regionId, estate.id);
      return estate;
    });
  }

  /** Throws EstateRefusedError. */
  create(values: Partial<Omit<Estate, 'id'>> = {}): Promise<Estate> {
    return transact(this.#database, (queries) => insertNew(queries, values));
  }

  /**
   * All that a simulator can tell of an estate takes the place of what was there. An estate that is not known here is
   * made, as on other grids: simulators bring theirs along. Throws EstateRefusedError for an id that cannot be.
   */
  async store(estate: StoredEstate): Promise<void> {
    const stored = storableEstate({ ...newEstate, ...estate });
    if (!Number.isSafeInteger(stored.id) || stored.id < 1 || stored.id > idMax)
      throw new EstateRefusedError('the id of the estate is out of range');
    if (await store.updateStored(this.#database, stored)) return;
    await transact(this.#database, async (queries) => {
      const { count, last } = await store.countEstates(queries);
      if (count >= estatesMax || stored.id > Math.max(last, lastReservedId) + idGapMax)
        throw new EstateRefusedError('an estate with this id cannot be made');
      if (!(await store.updateStored(queries, stored))) await store.insertEstate(queries, stored);
    });
  }

  /** For people who manage the grid; false when there is no such estate. */
  async change(id: number, values: Partial<Omit<Estate, 'id'>>): Promise<boolean> {
    return transact(this.#database, async (queries) => {
      const before = await store.findEstate(queries, id);
      return before !== undefined && store.replaceEstate(queries, storableEstate({ ...before, ...values }));
    });
  }

  /** Takes the region out of the estate it was in. False when there is no such estate. */
  async link(regionId: Uuid, estateId: number): Promise<boolean> {
    try {
      await store.linkRegion(this.#database, regionId, estateId);
      return true;
    } catch (error) {
      if (error instanceof ForeignKeyViolationError) return false;
      throw error;
    }
  }

  unlink(regionId: Uuid): Promise<void> {
    return store.unlinkRegion(this.#database, regionId);
  }

  regions(estateId: number): Promise<readonly Uuid[]> {
    return store.regionsOf(this.#database, estateId);
  }

  /** In the order of their ids. */
  list(): Promise<readonly Estate[]> {
    return store.listEstates(this.#database, estatesMax);
  }

  async listWithRegions(): Promise<readonly EstateWithRegions[]> {
    const [estates, links] = await Promise.all([this.list(), store.listRegions(this.#database)]);
    const regionIds = Map.groupBy(links, (link) => link.estateId);
    return estates.map((estate) => ({
      estate,
      regionIds: (regionIds.get(estate.id) ?? []).map((link) => link.regionId),
    }));
  }

  /** The whole name, whatever its case. */
  idsNamed(name: string): Promise<readonly number[]> {
    return store.idsNamed(this.#database, name);
  }

  idsOwnedBy(ownerId: Uuid): Promise<readonly number[]> {
    return store.idsOwnedBy(this.#database, ownerId);
  }
}

async function insertNew(queries: Queries, values: Partial<Omit<Estate, 'id'>>): Promise<Estate> {
  const { count, last } = await store.countEstates(queries);
  if (count >= estatesMax) throw new EstateRefusedError('there are too many estates');
  const estate = storableEstate({ ...newEstate, ...values, id: Math.max(last, lastReservedId) + 1 });
  await store.insertEstate(queries, estate);
  return estate;
}

function storableEstate(estate: Estate): Estate {
  const distinct = (ids: readonly Uuid[]) => [...new Set(ids)].slice(0, estateListMax);
  const bans = new Map(estate.bans.map((ban) => [ban.userId, ban]));
  return {
    ...estate,
    name: storableText(estate.name, estateNameMax),
    abuseEmail: storableText(estate.abuseEmail, estateEmailMax),
    managers: distinct(estate.managers),
    access: distinct(estate.access),
    groups: distinct(estate.groups),
    bans: [...bans.values()].slice(0, estateListMax),
  };
}
