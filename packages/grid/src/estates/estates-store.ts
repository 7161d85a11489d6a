/** Tables of estates and of the estate that each region belongs to. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { Estate, EstateBan, EstateFlags } from './estate.ts';

/** Order and names are those of the columns. */
const flagColumns = {
  allow_landmark: 'allowLandmark',
  allow_parcel_changes: 'allowParcelChanges',
  allow_set_home: 'allowSetHome',
  allow_voice: 'allowVoice',
  allow_direct_teleport: 'allowDirectTeleport',
  deny_anonymous: 'denyAnonymous',
  deny_identified: 'denyIdentified',
  deny_transacted: 'denyTransacted',
  abuse_email_to_owner: 'abuseEmailToEstateOwner',
  block_dwell: 'blockDwell',
  skip_scripts: 'estateSkipScripts',
  reset_home_on_teleport: 'resetHomeOnTeleport',
  tax_free: 'taxFree',
  public_access: 'publicAccess',
  deny_minors: 'denyMinors',
  allow_environment_override: 'allowEnvironmentOverride',
} as const satisfies Readonly<Record<string, keyof EstateFlags>>;

type FlagColumn = keyof typeof flagColumns;

interface EstateRow extends Record<FlagColumn, number> {
  id: number;
  name: string;
  /** In lower case. */
  name_key: string;
  parent_id: number;
  billable_factor: number;
  price_per_meter: number;
  redirect_grid_x: number;
  redirect_grid_y: number;
  abuse_email: string;
  owner: StoredUuid;
  /** Lists are always read and written whole: ids with commas between, bans as `user by time`. */
  managers: string;
  access: string;
  groups: string;
  bans: string;
}

interface EstateTables {
  estate: EstateRow;
  estate_region: { region: StoredUuid; estate: number };
}

export const estateMigrations: readonly Migration[] = [
  {
    name: 'estates-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE estate (
        id ${types.integer} PRIMARY KEY,
        name ${types.text} NOT NULL,
        name_key ${types.text} NOT NULL,
        parent_id ${types.integer} NOT NULL,
        billable_factor ${types.real} NOT NULL,
        price_per_meter ${types.integer} NOT NULL,
        redirect_grid_x ${types.integer} NOT NULL,
        redirect_grid_y ${types.integer} NOT NULL,
        abuse_email ${types.text} NOT NULL,
        owner ${types.uuid} NOT NULL,
        ${flagNames()
          .map((name) => `${name} ${types.integer} NOT NULL`)
          .join(', ')},
        managers ${types.text} NOT NULL,
        access ${types.text} NOT NULL,
        groups ${types.text} NOT NULL,
        bans ${types.text} NOT NULL
      )${types.strict}`,
      `CREATE INDEX estate_name ON estate (name_key)`,
      `CREATE INDEX estate_owner ON estate (owner)`,
      `CREATE TABLE estate_region (
        region ${types.uuid} PRIMARY KEY,
        estate ${types.integer} NOT NULL REFERENCES estate (id)
      )${types.strict}`,
      `CREATE INDEX estate_region_estate ON estate_region (estate, region)`,
    ],
  },
];

function flagNames(): readonly FlagColumn[] {
  return Object.keys(flagColumns).filter((name): name is FlagColumn => Object.hasOwn(flagColumns, name));
}

function idsText(ids: readonly Uuid[]): string {
  return ids.join(',');
}

function readIds(text: string): readonly Uuid[] {
  return text === '' ? [] : text.split(',').map(parseUuid);
}

function bansText(bans: readonly EstateBan[]): string {
  return bans.map((ban) => `${ban.userId} ${ban.byUserId} ${ban.time}`).join(',');
}

function readBans(text: string): readonly EstateBan[] {
  if (text === '') return [];
  return text.split(',').map((ban) => {
    const [userId = '', byUserId = '', time = ''] = ban.split(' ');
    return { userId: parseUuid(userId), byUserId: parseUuid(byUserId), time: Number(time) };
  });
}

function estateOfRow(row: EstateRow): Estate {
  const flag = (column: FlagColumn) => row[column] !== 0;
  return {
    id: row.id,
    name: row.name,
    parentId: row.parent_id,
    billableFactor: row.billable_factor,
    pricePerMeter: row.price_per_meter,
    redirectGridX: row.redirect_grid_x,
    redirectGridY: row.redirect_grid_y,
    abuseEmail: row.abuse_email,
    ownerId: readUuid(row.owner),
    allowLandmark: flag('allow_landmark'),
    allowParcelChanges: flag('allow_parcel_changes'),
    allowSetHome: flag('allow_set_home'),
    allowVoice: flag('allow_voice'),
    allowDirectTeleport: flag('allow_direct_teleport'),
    denyAnonymous: flag('deny_anonymous'),
    denyIdentified: flag('deny_identified'),
    denyTransacted: flag('deny_transacted'),
    abuseEmailToEstateOwner: flag('abuse_email_to_owner'),
    blockDwell: flag('block_dwell'),
    estateSkipScripts: flag('skip_scripts'),
    resetHomeOnTeleport: flag('reset_home_on_teleport'),
    taxFree: flag('tax_free'),
    publicAccess: flag('public_access'),
    denyMinors: flag('deny_minors'),
    allowEnvironmentOverride: flag('allow_environment_override'),
    managers: readIds(row.managers),
    access: readIds(row.access),
    groups: readIds(row.groups),
    bans: readBans(row.bans),
  };
}

function rowOfEstate(queries: Queries, estate: Estate): EstateRow {
  const flag = (column: FlagColumn) => (estate[flagColumns[column]] ? 1 : 0);
  return {
    id: estate.id,
    name: estate.name,
    name_key: estate.name.toLowerCase(),
    parent_id: estate.parentId,
    billable_factor: estate.billableFactor,
    price_per_meter: estate.pricePerMeter,
    redirect_grid_x: estate.redirectGridX,
    redirect_grid_y: estate.redirectGridY,
    abuse_email: estate.abuseEmail,
    owner: queries.uuid(estate.ownerId),
    allow_landmark: flag('allow_landmark'),
    allow_parcel_changes: flag('allow_parcel_changes'),
    allow_set_home: flag('allow_set_home'),
    allow_voice: flag('allow_voice'),
    allow_direct_teleport: flag('allow_direct_teleport'),
    deny_anonymous: flag('deny_anonymous'),
    deny_identified: flag('deny_identified'),
    deny_transacted: flag('deny_transacted'),
    abuse_email_to_owner: flag('abuse_email_to_owner'),
    block_dwell: flag('block_dwell'),
    skip_scripts: flag('skip_scripts'),
    reset_home_on_teleport: flag('reset_home_on_teleport'),
    tax_free: flag('tax_free'),
    public_access: flag('public_access'),
    deny_minors: flag('deny_minors'),
    allow_environment_override: flag('allow_environment_override'),
    managers: idsText(estate.managers),
    access: idsText(estate.access),
    groups: idsText(estate.groups),
    bans: bansText(estate.bans),
  };
}

export async function insertEstate(queries: Queries, estate: Estate): Promise<void> {
  await queries.tables<EstateTables>().insertInto('estate').values(rowOfEstate(queries, estate)).execute();
}

/** Everything but the numbers that simulators cannot transport. False when there is no such estate. */
export async function updateStored(queries: Queries, estate: Estate): Promise<boolean> {
  const { id, billable_factor, price_per_meter, redirect_grid_x, redirect_grid_y, ...rest } = rowOfEstate(
    queries,
    estate,
  );
  const result = await queries
    .tables<EstateTables>()
    .updateTable('estate')
    .set(rest)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function replaceEstate(queries: Queries, estate: Estate): Promise<boolean> {
  const { id, ...rest } = rowOfEstate(queries, estate);
  const result = await queries
    .tables<EstateTables>()
    .updateTable('estate')
    .set(rest)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function findEstate(queries: Queries, id: number): Promise<Estate | undefined> {
  const row = await queries
    .tables<EstateTables>()
    .selectFrom('estate')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? undefined : estateOfRow(row);
}

export async function findEstateOfRegion(queries: Queries, regionId: Uuid): Promise<Estate | undefined> {
  const row = await queries
    .tables<EstateTables>()
    .selectFrom('estate')
    .innerJoin('estate_region', 'estate_region.estate', 'estate.id')
    .selectAll('estate')
    .where('estate_region.region', '=', queries.uuid(regionId))
    .executeTakeFirst();
  return row === undefined ? undefined : estateOfRow(row);
}

/** In the order of their ids. */
export async function listEstates(queries: Queries, limit: number): Promise<readonly Estate[]> {
  const rows = await queries
    .tables<EstateTables>()
    .selectFrom('estate')
    .selectAll()
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(estateOfRow);
}

export async function idsNamed(queries: Queries, name: string): Promise<readonly number[]> {
  const rows = await queries
    .tables<EstateTables>()
    .selectFrom('estate')
    .select('id')
    .where('name_key', '=', name.toLowerCase())
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

export async function idsOwnedBy(queries: Queries, ownerId: Uuid): Promise<readonly number[]> {
  const rows = await queries
    .tables<EstateTables>()
    .selectFrom('estate')
    .select('id')
    .where('owner', '=', queries.uuid(ownerId))
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

export async function countEstates(
  queries: Queries,
): Promise<{ readonly count: number; readonly last: number }> {
  const row = await queries
    .tables<EstateTables>()
    .selectFrom('estate')
    .select([sql<number>`count(*)`.as('count'), sql<number | null>`max(id)`.as('last')])
    .executeTakeFirstOrThrow();
  return { count: row.count, last: row.last ?? 0 };
}

/** In the order of their ids. */
export async function regionsOf(queries: Queries, estateId: number): Promise<readonly Uuid[]> {
  const rows = await queries
    .tables<EstateTables>()
    .selectFrom('estate_region')
    .select('region')
    .where('estate', '=', estateId)
    .orderBy('region')
    .execute();
  return rows.map((row) => readUuid(row.region));
}

export async function listRegions(
  queries: Queries,
): Promise<readonly { readonly regionId: Uuid; readonly estateId: number }[]> {
  const rows = await queries
    .tables<EstateTables>()
    .selectFrom('estate_region')
    .selectAll()
    .orderBy('estate')
    .orderBy('region')
    .execute();
  return rows.map((row) => ({ regionId: readUuid(row.region), estateId: row.estate }));
}

/** The estate must be there. */
export async function linkRegion(queries: Queries, regionId: Uuid, estateId: number): Promise<void> {
  await queries
    .tables<EstateTables>()
    .insertInto('estate_region')
    .values({ region: queries.uuid(regionId), estate: estateId })
    .onConflict((conflict) => conflict.column('region').doUpdateSet({ estate: estateId }))
    .execute();
}

export async function unlinkRegion(queries: Queries, regionId: Uuid): Promise<void> {
  await queries
    .tables<EstateTables>()
    .deleteFrom('estate_region')
    .where('region', '=', queries.uuid(regionId))
    .execute();
}
