/** Tables of profiles, picks, classifieds, notes and preferences, and how rows become records. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Classified, Pick } from './profile-records.ts';

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

export interface ProfileTables {
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

export function pickOfRow(row: PickRow): Pick {
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

export function rowOfPick(queries: Queries, pick: Pick): PickRow {
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

export function classifiedOfRow(row: ClassifiedRow): Classified {
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

export function rowOfClassified(queries: Queries, classified: Classified): ClassifiedRow {
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
