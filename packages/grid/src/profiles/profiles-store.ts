/** Queries on profiles, picks, classifieds, notes and preferences. */
import type { Queries } from '@gridkeep/storage/database/database';
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
import { classifiedOfRow, pickOfRow, rowOfClassified, rowOfPick } from './profile-tables.ts';
import type { ProfileTables } from './profile-tables.ts';

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

export async function writePick(queries: Queries, pick: Pick): Promise<void> {
  const row = rowOfPick(queries, pick);
  await queries
    .tables<ProfileTables>()
    .insertInto('profile_pick')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

export async function writeClassified(queries: Queries, classified: Classified): Promise<void> {
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
