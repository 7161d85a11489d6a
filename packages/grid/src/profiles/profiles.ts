/**
 * Residents' profiles, picks, classifieds, notes about others and preferences. Source of the rules:
 * OpenSim/Data/MySQL/MySQLUserProfilesData.cs. Who may write is for the caller to say; that things stay their creator's is
 * seen to here.
 */
import type { Database } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import {
  ProfileRefusedError,
  classifiedsMax,
  emptyProfile,
  notesMax,
  picksMax,
  profileTextLimits,
} from './profile-records.ts';
import type {
  Classified,
  NamedId,
  Pick,
  Preferences,
  Profile,
  ProfileInterests,
  ProfilePage,
} from './profile-records.ts';
import * as store from './profiles-store.ts';

const weekSeconds = 7 * 24 * 60 * 60;
const yearSeconds = 365 * 24 * 60 * 60;
/** Bits of a classified that say for whom it is: 2 and 8 mature, 4 general, 64 adult. */
const maturityBits = 0x4e;
const generalBit = 4;
const weeklyFlags = 2;

export class Profiles {
  readonly #database: Database;
  readonly #now: () => number;

  /** `now`: Unix milliseconds; for tests. */
  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** Empty for who has none; reading never makes one. */
  async profile(userId: Uuid): Promise<Profile> {
    return (await store.findProfile(this.#database, userId)) ?? emptyProfile(userId);
  }

  async setPage(userId: Uuid, page: ProfilePage): Promise<void> {
    requireUser(userId);
    await store.writeProfile(this.#database, userId, {
      page: {
        webUrl: storableText(page.webUrl, profileTextLimits.url),
        imageId: page.imageId,
        aboutText: storableText(page.aboutText, profileTextLimits.text),
        firstLifeImageId: page.firstLifeImageId,
        firstLifeText: storableText(page.firstLifeText, profileTextLimits.text),
      },
    });
  }

  async setInterests(userId: Uuid, interests: ProfileInterests): Promise<void> {
    requireUser(userId);
    await store.writeProfile(this.#database, userId, {
      interests: {
        wantToMask: interests.wantToMask,
        wantToText: storableText(interests.wantToText, profileTextLimits.text),
        skillsMask: interests.skillsMask,
        skillsText: storableText(interests.skillsText, profileTextLimits.text),
        language: storableText(interests.language, profileTextLimits.text),
      },
    });
  }

  /** In the order of names. */
  picks(creatorId: Uuid): Promise<readonly NamedId[]> {
    return store.listNames(this.#database, 'profile_pick', creatorId);
  }

  findPick(id: Uuid): Promise<Pick | undefined> {
    return store.findPick(this.#database, id);
  }

  /**
   * A new one, or other words and another place for one that is there: what else was chosen for it stays. Throws
   * ProfileRefusedError when it is somebody else's, or when there are too many.
   */
  async putPick(pick: Pick): Promise<Pick> {
    requireUser(pick.creatorId);
    requireId(pick.id);
    return transact(this.#database, async (queries) => {
      const known = await store.findPick(queries, pick.id);
      requireCreator(known, pick.creatorId);
      if (known === undefined) {
        const { length } = await store.listNames(queries, 'profile_pick', pick.creatorId);
        if (length >= picksMax) throw new ProfileRefusedError('there are too many picks');
      }
      const { topPick, sortOrder, enabled, originalName } = known ?? pick;
      const stored = storablePick({ ...pick, topPick, sortOrder, enabled, originalName });
      await store.writePick(queries, stored);
      return stored;
    });
  }

  deletePick(id: Uuid, creatorId: Uuid): Promise<void> {
    return store.deleteListed(this.#database, 'profile_pick', id, creatorId);
  }

  /** In the order of names. */
  classifieds(creatorId: Uuid): Promise<readonly NamedId[]> {
    return store.listNames(this.#database, 'profile_classified', creatorId);
  }

  findClassified(id: Uuid): Promise<Classified | undefined> {
    return store.findClassified(this.#database, id);
  }

  /** The times are set here. Throws ProfileRefusedError when it is somebody else's, or when there are too many. */
  async putClassified(classified: Omit<Classified, 'createdAt' | 'expiresAt'>): Promise<Classified> {
    requireUser(classified.creatorId);
    requireId(classified.id);
    const now = Math.floor(this.#now() / 1000);
    const flags = withMaturity(classified.flags);
    return transact(this.#database, async (queries) => {
      const known = await store.findClassified(queries, classified.id);
      requireCreator(known, classified.creatorId);
      if (known === undefined) {
        const { length } = await store.listNames(queries, 'profile_classified', classified.creatorId);
        if (length >= classifiedsMax) throw new ProfileRefusedError('there are too many classifieds');
      }
      const stored = storableClassified({
        ...classified,
        flags,
        createdAt: known?.createdAt ?? now,
        expiresAt: now + (flags === weeklyFlags ? weekSeconds : yearSeconds),
      });
      await store.writeClassified(queries, stored);
      return stored;
    });
  }

  deleteClassified(id: Uuid, creatorId: Uuid): Promise<void> {
    return store.deleteListed(this.#database, 'profile_classified', id, creatorId);
  }

  /** Pictures of a resident's profile, picks and classifieds, each once. */
  async images(userId: Uuid): Promise<readonly Uuid[]> {
    const profile = await this.profile(userId);
    const listed = [
      ...(await store.listNames(this.#database, 'profile_classified', userId)),
      ...(await store.listNames(this.#database, 'profile_pick', userId)),
    ];
    const ids = [...listed.map((one) => one.snapshotId), profile.imageId, profile.firstLifeImageId];
    return [...new Set(ids)].filter((id) => id !== zeroUuid);
  }

  /** Empty when there is none. */
  note(userId: Uuid, targetId: Uuid): Promise<string> {
    return store.findNote(this.#database, userId, targetId);
  }

  /** An empty note is deleted. Throws ProfileRefusedError when there are too many. */
  async setNote(userId: Uuid, targetId: Uuid, note: string): Promise<void> {
    requireUser(userId);
    const text = storableText(note, profileTextLimits.text);
    if (text === '') return store.deleteNote(this.#database, userId, targetId);
    await transact(this.#database, async (queries) => {
      if ((await store.countNotes(queries, userId)) >= notesMax)
        if ((await store.findNote(queries, userId, targetId)) === '')
          throw new ProfileRefusedError('there are too many notes');
      await store.writeNote(queries, userId, targetId, text);
    });
  }

  async preferences(userId: Uuid): Promise<Preferences> {
    return (
      (await store.findPreferences(this.#database, userId)) ?? {
        imViaEmail: false,
        visible: false,
        email: '',
      }
    );
  }

  async setPreferences(userId: Uuid, preferences: Preferences): Promise<void> {
    requireUser(userId);
    const email = storableText(preferences.email, profileTextLimits.email);
    await store.writePreferences(this.#database, userId, { ...preferences, email });
  }
}

/** A classified that says nothing of it is for everybody; viewers would not find it otherwise. */
export function withMaturity(flags: number): number {
  return (flags & maturityBits) === 0 ? flags | generalBit : flags;
}

function requireUser(userId: Uuid): void {
  if (userId === zeroUuid) throw new ProfileRefusedError('nobody has the id zero');
}

function requireId(id: Uuid): void {
  if (id === zeroUuid) throw new ProfileRefusedError('it has no id');
}

function requireCreator(known: { readonly creatorId: Uuid } | undefined, creatorId: Uuid): void {
  if (known !== undefined && known.creatorId !== creatorId)
    throw new ProfileRefusedError('it belongs to somebody else');
}

function storablePick(pick: Pick): Pick {
  return {
    ...pick,
    name: storableText(pick.name, profileTextLimits.name),
    originalName: storableText(pick.originalName, profileTextLimits.name),
    description: storableText(pick.description, profileTextLimits.text),
    parcelName: storableText(pick.parcelName, profileTextLimits.name),
    simName: storableText(pick.simName, profileTextLimits.name),
    globalPos: storableText(pick.globalPos, profileTextLimits.globalPos),
    gatekeeper: storableText(pick.gatekeeper, profileTextLimits.url),
  };
}

function storableClassified(classified: Classified): Classified {
  return {
    ...classified,
    name: storableText(classified.name, profileTextLimits.name),
    description: storableText(classified.description, profileTextLimits.text) || 'No Description',
    simName: storableText(classified.simName, profileTextLimits.name),
    globalPos: storableText(classified.globalPos, profileTextLimits.globalPos),
    parcelName: storableText(classified.parcelName, profileTextLimits.name) || 'Unknown',
  };
}
