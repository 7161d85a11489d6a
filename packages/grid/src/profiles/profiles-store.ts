/** Tables of profiles, picks, classifieds, notes and preferences. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type {
  Classified,
  NamedId,
  Pick,
  Preferences,
  Profile,
  ProfileInterests,
  ProfilePage,
} from './profile-records.ts';
import { emptyProfile } from './profile-records.ts';

interface ProfileRow {
  user_id: StoredUuid;
  partner: StoredUuid;
  web_url: string;
  image: StoredUuid;
  about_text: string;
  first_life_image: StoredUuid;
  first_life_text: string;
  want_to_mask: number;
  want_to_text: string;
  skills_mask: number;
  skills_text: string;
  language: string;
}

interface PickRow {
  id: StoredUuid;
  creator: StoredUuid;
  top_pick: number;
  name: string;
  original_name: string;
  description: string;
  parcel: StoredUuid;
  snapshot: StoredUuid;
  parcel_name: string;
  sim_name: string;
  global_pos: string;
  gatekeeper: string;
  sort_order: number;
  enabled: number;
}

interface ClassifiedRow {
  id: StoredUuid;
  creator: StoredUuid;
  created_at: number;
  expires_at: number;
  category: number;
  name: string;
  description: string;
  parcel: StoredUuid;
  parent_estate: number;
  snapshot: StoredUuid;
  sim_name: string;
  global_pos: string;
  parcel_name: string;
  flags: number;
  price: number;
}

interface ProfileTables {
  profile: ProfileRow;
  profile_pick: PickRow;
  profile_classified: ClassifiedRow;
  profile_note: { user_id: StoredUuid; target: StoredUuid; note: string };
  profile_preference: { user_id: StoredUuid; im_via_email: number; visible: number; email: string };
}

export const profileMigrations: readonly Migration[] = [
  {
    name: 'profiles-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE profile (
        user_id ${types.uuid} PRIMARY KEY,
        partner ${types.uuid} NOT NULL,
        web_url ${types.text} NOT NULL,
        image ${types.uuid} NOT NULL,
        about_text ${types.text} NOT NULL,
        first_life_image ${types.uuid} NOT NULL,
        first_life_text ${types.text} NOT NULL,
        want_to_mask ${types.integer} NOT NULL,
        want_to_text ${types.text} NOT NULL,
        skills_mask ${types.integer} NOT NULL,
        skills_text ${types.text} NOT NULL,
        language ${types.text} NOT NULL
      )${types.strict}`,
      `CREATE TABLE profile_pick (
        id ${types.uuid} PRIMARY KEY,
        creator ${types.uuid} NOT NULL,
        top_pick ${types.integer} NOT NULL,
        name ${types.text} NOT NULL,
        original_name ${types.text} NOT NULL,
        description ${types.text} NOT NULL,
        parcel ${types.uuid} NOT NULL,
        snapshot ${types.uuid} NOT NULL,
        parcel_name ${types.text} NOT NULL,
        sim_name ${types.text} NOT NULL,
        global_pos ${types.text} NOT NULL,
        gatekeeper ${types.text} NOT NULL,
        sort_order ${types.integer} NOT NULL,
        enabled ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX profile_pick_creator ON profile_pick (creator)`,
      `CREATE TABLE profile_classified (
        id ${types.uuid} PRIMARY KEY,
        creator ${types.uuid} NOT NULL,
        created_at ${types.integer} NOT NULL,
        expires_at ${types.integer} NOT NULL,
        category ${types.integer} NOT NULL,
        name ${types.text} NOT NULL,
        description ${types.text} NOT NULL,
        parcel ${types.uuid} NOT NULL,
        parent_estate ${types.integer} NOT NULL,
        snapshot ${types.uuid} NOT NULL,
        sim_name ${types.text} NOT NULL,
        global_pos ${types.text} NOT NULL,
        parcel_name ${types.text} NOT NULL,
        flags ${types.integer} NOT NULL,
        price ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX profile_classified_creator ON profile_classified (creator)`,
      `CREATE TABLE profile_note (
        user_id ${types.uuid} NOT NULL,
        target ${types.uuid} NOT NULL,
        note ${types.text} NOT NULL,
        PRIMARY KEY (user_id, target)
      )${types.strict}`,
      `CREATE TABLE profile_preference (
        user_id ${types.uuid} PRIMARY KEY,
        im_via_email ${types.integer} NOT NULL,
        visible ${types.integer} NOT NULL,
        email ${types.text} NOT NULL
      )${types.strict}`,
    ],
  },
];

function pageColumns(queries: Queries, page: ProfilePage) {
  return {
    web_url: page.webUrl,
    image: queries.uuid(page.imageId),
    about_text: page.aboutText,
    first_life_image: queries.uuid(page.firstLifeImageId),
    first_life_text: page.firstLifeText,
  };
}

function interestColumns(interests: ProfileInterests) {
  return {
    want_to_mask: interests.wantToMask,
    want_to_text: interests.wantToText,
    skills_mask: interests.skillsMask,
    skills_text: interests.skillsText,
    language: interests.language,
  };
}

export async function findProfile(queries: Queries, userId: Uuid): Promise<Profile | undefined> {
  const row = await queries
    .tables<ProfileTables>()
    .selectFrom('profile')
    .selectAll()
    .where('user_id', '=', queries.uuid(userId))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    userId: readUuid(row.user_id),
    partnerId: readUuid(row.partner),
    webUrl: row.web_url,
    imageId: readUuid(row.image),
    aboutText: row.about_text,
    firstLifeImageId: readUuid(row.first_life_image),
    firstLifeText: row.first_life_text,
    wantToMask: row.want_to_mask,
    wantToText: row.want_to_text,
    skillsMask: row.skills_mask,
    skillsText: row.skills_text,
    language: row.language,
  };
}

/** One of the two is written, the rest of the profile stays. */
export async function writeProfile(
  queries: Queries,
  userId: Uuid,
  part: { readonly page: ProfilePage } | { readonly interests: ProfileInterests },
): Promise<void> {
  const changed = 'page' in part ? pageColumns(queries, part.page) : interestColumns(part.interests);
  const empty = emptyProfile(userId);
  await queries
    .tables<ProfileTables>()
    .insertInto('profile')
    .values({
      user_id: queries.uuid(userId),
      partner: queries.uuid(empty.partnerId),
      ...pageColumns(queries, empty),
      ...interestColumns(empty),
      ...changed,
    })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(changed))
    .execute();
}

function pickOfRow(row: PickRow): Pick {
  return {
    id: readUuid(row.id),
    creatorId: readUuid(row.creator),
    topPick: row.top_pick !== 0,
    name: row.name,
    originalName: row.original_name,
    description: row.description,
    parcelId: readUuid(row.parcel),
    snapshotId: readUuid(row.snapshot),
    parcelName: row.parcel_name,
    simName: row.sim_name,
    globalPos: row.global_pos,
    gatekeeper: row.gatekeeper,
    sortOrder: row.sort_order,
    enabled: row.enabled !== 0,
  };
}

function rowOfPick(queries: Queries, pick: Pick): PickRow {
  return {
    id: queries.uuid(pick.id),
    creator: queries.uuid(pick.creatorId),
    top_pick: pick.topPick ? 1 : 0,
    name: pick.name,
    original_name: pick.originalName,
    description: pick.description,
    parcel: queries.uuid(pick.parcelId),
    snapshot: queries.uuid(pick.snapshotId),
    parcel_name: pick.parcelName,
    sim_name: pick.simName,
    global_pos: pick.globalPos,
    gatekeeper: pick.gatekeeper,
    sort_order: pick.sortOrder,
    enabled: pick.enabled ? 1 : 0,
  };
}

function classifiedOfRow(row: ClassifiedRow): Classified {
  return {
    id: readUuid(row.id),
    creatorId: readUuid(row.creator),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    category: row.category,
    name: row.name,
    description: row.description,
    parcelId: readUuid(row.parcel),
    parentEstate: row.parent_estate,
    snapshotId: readUuid(row.snapshot),
    simName: row.sim_name,
    globalPos: row.global_pos,
    parcelName: row.parcel_name,
    flags: row.flags,
    price: row.price,
  };
}

function rowOfClassified(queries: Queries, classified: Classified): ClassifiedRow {
  return {
    id: queries.uuid(classified.id),
    creator: queries.uuid(classified.creatorId),
    created_at: classified.createdAt,
    expires_at: classified.expiresAt,
    category: classified.category,
    name: classified.name,
    description: classified.description,
    parcel: queries.uuid(classified.parcelId),
    parent_estate: classified.parentEstate,
    snapshot: queries.uuid(classified.snapshotId),
    sim_name: classified.simName,
    global_pos: classified.globalPos,
    parcel_name: classified.parcelName,
    flags: classified.flags,
    price: classified.price,
  };
}

export async function findPick(queries: Queries, id: Uuid): Promise<Pick | undefined> {
  const row = await queries
    .tables<ProfileTables>()
    .selectFrom('profile_pick')
    .selectAll()
    .where('id', '=', queries.uuid(id))
    .executeTakeFirst();
  return row === undefined ? undefined : pickOfRow(row);
}

export async function findClassified(queries: Queries, id: Uuid): Promise<Classified | undefined> {
  const row = await queries
    .tables<ProfileTables>()
    .selectFrom('profile_classified')
    .selectAll()
    .where('id', '=', queries.uuid(id))
    .executeTakeFirst();
  return row === undefined ? undefined : classifiedOfRow(row);
}

export async function replacePick(queries: Queries, pick: Pick): Promise<void> {
  const row = rowOfPick(queries, pick);
  await queries
    .tables<ProfileTables>()
    .insertInto('profile_pick')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

export async function replaceClassified(queries: Queries, classified: Classified): Promise<void> {
  const row = rowOfClassified(queries, classified);
  await queries
    .tables<ProfileTables>()
    .insertInto('profile_classified')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

type Listed = 'profile_pick' | 'profile_classified';

/** Deletes it only when it is that resident's. */
export async function deleteListed(
  queries: Queries,
  table: Listed,
  id: Uuid,
  creatorId: Uuid,
): Promise<void> {
  await queries
    .tables<ProfileTables>()
    .deleteFrom(table)
    .where('id', '=', queries.uuid(id))
    .where('creator', '=', queries.uuid(creatorId))
    .execute();
}

/** In the order of names. */
export async function listNames(
  queries: Queries,
  table: Listed,
  creatorId: Uuid,
): Promise<readonly (NamedId & { readonly snapshotId: Uuid })[]> {
  const rows = await queries
    .tables<ProfileTables>()
    .selectFrom(table)
    .select(['id', 'name', 'snapshot'])
    .where('creator', '=', queries.uuid(creatorId))
    .orderBy('name')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: readUuid(row.id),
    name: row.name,
    snapshotId: readUuid(row.snapshot),
  }));
}

export async function findNote(queries: Queries, userId: Uuid, targetId: Uuid): Promise<string> {
  const row = await queries
    .tables<ProfileTables>()
    .selectFrom('profile_note')
    .select('note')
    .where('user_id', '=', queries.uuid(userId))
    .where('target', '=', queries.uuid(targetId))
    .executeTakeFirst();
  return row?.note ?? '';
}

export async function countNotes(queries: Queries, userId: Uuid): Promise<number> {
  const { count } = await queries
    .tables<ProfileTables>()
    .selectFrom('profile_note')
    .select(sql<number>`count(*)`.as('count'))
    .where('user_id', '=', queries.uuid(userId))
    .executeTakeFirstOrThrow();
  return count;
}

export async function writeNote(queries: Queries, userId: Uuid, targetId: Uuid, note: string): Promise<void> {
  await queries
    .tables<ProfileTables>()
    .insertInto('profile_note')
    .values({ user_id: queries.uuid(userId), target: queries.uuid(targetId), note })
    .onConflict((conflict) => conflict.columns(['user_id', 'target']).doUpdateSet({ note }))
    .execute();
}

export async function deleteNote(queries: Queries, userId: Uuid, targetId: Uuid): Promise<void> {
  await queries
    .tables<ProfileTables>()
    .deleteFrom('profile_note')
    .where('user_id', '=', queries.uuid(userId))
    .where('target', '=', queries.uuid(targetId))
    .execute();
}

export async function findPreferences(queries: Queries, userId: Uuid): Promise<Preferences | undefined> {
  const row = await queries
    .tables<ProfileTables>()
    .selectFrom('profile_preference')
    .selectAll()
    .where('user_id', '=', queries.uuid(userId))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { imViaEmail: row.im_via_email !== 0, visible: row.visible !== 0, email: row.email };
}

export async function writePreferences(
  queries: Queries,
  userId: Uuid,
  preferences: Preferences,
): Promise<void> {
  const columns = {
    im_via_email: preferences.imViaEmail ? 1 : 0,
    visible: preferences.visible ? 1 : 0,
    email: preferences.email,
  };
  await queries
    .tables<ProfileTables>()
    .insertInto('profile_preference')
    .values({ user_id: queries.uuid(userId), ...columns })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(columns))
    .execute();
}
