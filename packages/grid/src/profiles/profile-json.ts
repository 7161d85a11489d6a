/**
 * Profiles as simulators write and read them. What has its default value (false, 0, empty, the zero UUID) is left out in
 * both directions: absent means default, also in changes. Source: OpenSim/Framework/UserProfiles.cs.
 */
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { withoutDefaults } from '../json-members.ts';
import type { JsonObject, JsonValue } from '../public-calls.ts';
import type { Classified, NamedId, Pick, Profile, ProfileInterests, ProfilePage } from './profile-records.ts';

/** The default of the classes, which is not empty and so never left out. */
export const noPosition = '<0,0,0>';

/** Members with their defaults; one of another type counts as absent. */
export class JsonFields {
  readonly #object: JsonObject;

  constructor(object: JsonObject) {
    this.#object = object;
  }

  text(name: string, otherwise = ''): string {
    const value = this.#member(name);
    if (typeof value === 'string') return value;
    return typeof value === 'number' ? String(value) : otherwise;
  }

  uuid(name: string): Uuid {
    return tryParseUuid(this.text(name).trim()) ?? zeroUuid;
  }

  flag(name: string): boolean {
    const value = this.#member(name);
    return value === true || value === 1 || (typeof value === 'string' && /^(?:true|1)$/i.test(value));
  }

  /** 32 bits with sign. */
  whole(name: string): number {
    const value = this.#member(name);
    const number = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) && Math.abs(number) < 2 ** 31
      ? Math.trunc(number) | 0
      : 0;
  }

  #member(name: string): JsonValue | undefined {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }
}

export function pageOf(fields: JsonFields): ProfilePage {
  return {
    webUrl: fields.text('WebUrl'),
    imageId: fields.uuid('ImageId'),
    aboutText: fields.text('AboutText'),
    firstLifeImageId: fields.uuid('FirstLifeImageId'),
    firstLifeText: fields.text('FirstLifeText'),
  };
}

export function interestsOf(fields: JsonFields): ProfileInterests {
  return {
    wantToMask: fields.whole('WantToMask'),
    wantToText: fields.text('WantToText'),
    skillsMask: fields.whole('SkillsMask'),
    skillsText: fields.text('SkillsText'),
    language: fields.text('Language'),
  };
}

/** `sent`: flags that come back to who sent them and are not kept; stock servers do not read them either. */
export function jsonOfProfile(
  profile: Profile,
  sent: { readonly publishProfile?: boolean; readonly publishMature?: boolean } = {},
): JsonObject {
  return withoutDefaults({
    UserId: profile.userId,
    PartnerId: profile.partnerId,
    PublishProfile: sent.publishProfile ?? false,
    PublishMature: sent.publishMature ?? false,
    WebUrl: profile.webUrl,
    WantToMask: profile.wantToMask,
    WantToText: profile.wantToText,
    SkillsMask: profile.skillsMask,
    SkillsText: profile.skillsText,
    Language: profile.language,
    ImageId: profile.imageId,
    AboutText: profile.aboutText,
    FirstLifeImageId: profile.firstLifeImageId,
    FirstLifeText: profile.firstLifeText,
  });
}

export function pickOf(fields: JsonFields): Pick {
  return {
    id: fields.uuid('PickId'),
    creatorId: fields.uuid('CreatorId'),
    topPick: fields.flag('TopPick'),
    name: fields.text('Name'),
    originalName: fields.text('OriginalName'),
    description: fields.text('Desc'),
    parcelId: fields.uuid('ParcelId'),
    snapshotId: fields.uuid('SnapshotId'),
    parcelName: fields.text('ParcelName'),
    simName: fields.text('SimName'),
    globalPos: fields.text('GlobalPos', noPosition),
    gatekeeper: fields.text('Gatekeeper'),
    sortOrder: fields.whole('SortOrder'),
    enabled: fields.flag('Enabled'),
  };
}

export function jsonOfPick(pick: Pick): JsonObject {
  return withoutDefaults({
    PickId: pick.id,
    CreatorId: pick.creatorId,
    TopPick: pick.topPick,
    Name: pick.name,
    OriginalName: pick.originalName,
    Desc: pick.description,
    ParcelId: pick.parcelId,
    SnapshotId: pick.snapshotId,
    ParcelName: pick.parcelName,
    SimName: pick.simName,
    GlobalPos: pick.globalPos,
    Gatekeeper: pick.gatekeeper,
    SortOrder: pick.sortOrder,
    Enabled: pick.enabled,
  });
}

export function classifiedOf(fields: JsonFields): Omit<Classified, 'createdAt' | 'expiresAt'> {
  const flags = fields.whole('Flags');
  return {
    id: fields.uuid('ClassifiedId'),
    creatorId: fields.uuid('CreatorId'),
    category: fields.whole('Category'),
    name: fields.text('Name'),
    description: fields.text('Description'),
    parcelId: fields.uuid('ParcelId'),
    parentEstate: fields.whole('ParentEstate'),
    snapshotId: fields.uuid('SnapshotId'),
    simName: fields.text('SimName'),
    globalPos: fields.text('GlobalPos', noPosition),
    parcelName: fields.text('ParcelName'),
    flags: flags >= 0 && flags <= 255 ? flags : 0,
    price: fields.whole('Price'),
  };
}

export function jsonOfClassified(classified: Classified): JsonObject {
  return withoutDefaults({
    ClassifiedId: classified.id,
    CreatorId: classified.creatorId,
    CreationDate: classified.createdAt,
    ExpirationDate: classified.expiresAt,
    Category: classified.category,
    Name: classified.name,
    Description: classified.description,
    ParcelId: classified.parcelId,
    ParentEstate: classified.parentEstate,
    SnapshotId: classified.snapshotId,
    SimName: classified.simName,
    GlobalPos: classified.globalPos,
    ParcelName: classified.parcelName,
    Flags: classified.flags,
    Price: classified.price,
  });
}

export function jsonOfNames(idMember: string, entries: readonly NamedId[]): readonly JsonObject[] {
  return entries.map(({ id, name }) => withoutDefaults({ [idMember]: id, name }));
}
