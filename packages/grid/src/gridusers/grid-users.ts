/**
 * Where residents and visitors have their home and were last, and whether they are on-line. Source of the rules:
 * OpenSim/Services/UserAccountService/GridUserService.cs
 */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import { chunked } from '../chunks.ts';
import { parseUserText } from '../user-text.ts';
import type { GridUser } from './grid-user.ts';
import * as store from './grid-users-store.ts';

/** Who came within 30 days counts as active (OpenSim/Server/Handlers/Grid/GridInfoHandlers.cs). */
const activeMs = 30 * 24 * 3600 * 1000;

/**
 * Users are named by a UUID, or by `uuid;home address;First Last`; UserTextError when the text is neither. A UUID
 * has a row for each grid that it came from, whatever the spelling of the address, so that no visitor can change what
 * stands there of a resident.
 */
export class GridUsers {
  readonly #database: Database;
  readonly #now: () => number;

  /** `now`: Unix milliseconds; for tests. */
  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  async loggedIn(userText: string): Promise<GridUser> {
    return store.upsertGridUser(this.#database, parseUserText(userText), {
      online: true,
      login: this.#now(),
    });
  }

  async loggedOut(userText: string, regionId: Uuid, position: Vector3, lookAt: Vector3): Promise<void> {
    await store.upsertGridUser(this.#database, parseUserText(userText), {
      ...{ online: false, logout: this.#now() },
      ...{ lastRegionId: regionId, lastPosition: position, lastLookAt: lookAt },
    });
  }

  async setHome(userText: string, regionId: Uuid, position: Vector3, lookAt: Vector3): Promise<void> {
    await store.upsertGridUser(this.#database, parseUserText(userText), {
      ...{ homeRegionId: regionId, homePosition: position, homeLookAt: lookAt },
    });
  }

  async setPosition(userText: string, regionId: Uuid, position: Vector3, lookAt: Vector3): Promise<void> {
    await store.upsertGridUser(this.#database, parseUserText(userText), {
      ...{ lastRegionId: regionId, lastPosition: position, lastLookAt: lookAt },
    });
  }

  /** By the UUID at the beginning; of several rows the one that logged in or out last. */
  async find(userText: string): Promise<GridUser | undefined> {
    return (await this.findMany([userText]))[0];
  }

  /** Those that are known, each once, in the order asked for; thousands at once. */
  async findMany(userTexts: Iterable<string>): Promise<readonly GridUser[]> {
    const ids = new Set(Array.from(userTexts, (text) => parseUserText(text).id));
    const users: GridUser[] = [];
    for await (const chunk of chunked(ids)) {
      const found = await store.findGridUsers(this.#database, chunk);
      users.push(...chunk.flatMap((id) => found.get(id) ?? []));
    }
    return users;
  }

  /** For users whose sessions ended without a word. Who logged in at or after `loginBefore` (Unix ms) stays on-line. */
  async endOnline(ids: Iterable<Uuid>, loginBefore: number): Promise<void> {
    for await (const chunk of chunked(ids))
      await store.endOnline(this.#database, chunk, loginBefore, this.#now());
  }

  /** Who has logged in within 30 days, visitors too. */
  async countActive(): Promise<number> {
    return store.countLoggedInSince(this.#database, this.#now() - activeMs);
  }
}
