/**
 * Who is on the grid, by session. Source of the rules: OpenSim/Services/PresenceService/PresenceService.cs; sessions that
 * were never ended stay there for ever, here they are cleared.
 */
import type { Database } from '@gridkeep/storage/database/database';
import { UniqueViolationError } from '@gridkeep/storage/database/database-errors';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AtOnce } from '../at-once.ts';
import { chunked } from '../chunks.ts';
import { RecordCache } from '../record-cache.ts';
import type { Settings } from '../settings/settings.ts';
import { transact } from '../transactions.ts';
import * as store from './presence-store.ts';
import type { EndedSession, NewSession, Session } from './session.ts';

export interface PresenceOptions {
  readonly database: Database;
  readonly settings: Pick<Settings, 'read'>;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

export interface StaleSessions {
  /** Logged in, but no region ever reported them. */
  readonly neverArrived: readonly EndedSession[];
  /** Their region is off-line or gone. */
  readonly regionLost: readonly EndedSession[];
  /** Nobody reported them for very long, though the region is there. */
  readonly unseen: readonly EndedSession[];
}

const topic = 'presence';
/** How long a session may lead nowhere: an agent on its way, a simulator that starts again. */
const graceMs = 15 * 60_000;
/**
 * A region that is there tells when an agent leaves, and reports it only once, when it arrives: residents and their bots
 * who stay in one place for weeks must still be able to teleport.
 */
const unseenMs = 30 * 24 * 3_600_000;

export class Presence {
  readonly #database: Database;
  readonly #settings: Pick<Settings, 'read'>;
  readonly #now: () => number;
  readonly #sessions: RecordCache<Session>;

  constructor(options: PresenceOptions) {
    this.#database = options.database;
    this.#settings = options.settings;
    this.#now = options.now ?? Date.now;
    this.#sessions = new RecordCache({ database: options.database, topic });
  }

  /**
   * Ends the earlier sessions of the user unless the grid allows several. False, and nothing is written, when the session
   * belongs to another user.
   */
  async login(session: NewSession): Promise<boolean> {
    const alone = !(await this.#settings.read()).allowDuplicateSessions;
    const [replaced] = await Promise.all([
      this.#upsert(session, alone),
      // From before the grid stopped to allow several. Asked together, both share one commit.
      alone ? this.#end({ besidesPlaceOf: session.userId }) : undefined,
    ]);
    if (replaced === 'foreign') return false;
    if (replaced !== 'new') this.#announce(replaced);
    return true;
  }

  /** False when there is no such session. */
  async logout(sessionId: Uuid): Promise<boolean> {
    return (await this.#end({ sessionId })).length > 0;
  }

  /** Without a promise while it is in memory. */
  find(sessionId: Uuid): AtOnce<Session | undefined> {
    return this.#sessions.load(sessionId, () => store.findSession(this.#database, sessionId));
  }

  /** The sessions of those who are on the grid, one each: the one seen last. In the order asked for. */
  async ofUsers(ids: Iterable<Uuid>): Promise<readonly Session[]> {
    const wanted = new Set(ids);
    const found = new Map<Uuid, Session>();
    for await (const chunk of chunked(wanted))
      for (const session of await store.sessionsOfUsers(this.#database, chunk))
        found.set(session.userId, session);
    return [...wanted].flatMap((id) => found.get(id) ?? []);
  }

  /** The agent is in the region now. False when there is no such session or the region is the zero id. */
  async report(sessionId: Uuid, regionId: Uuid): Promise<boolean> {
    if (regionId === zeroUuid) return false;
    const known = await store.moveSession(this.#database, sessionId, regionId, this.#now());
    if (known) this.#announce(sessionId);
    return known;
  }

  /** Ends every session in the region and returns how many there were; none for the zero id, where agents on their way are. */
  async logoutRegion(regionId: Uuid): Promise<number> {
    return regionId === zeroUuid ? 0 : (await this.#end({ regionId })).length;
  }

  /**
   * Ends sessions that nobody will end: those that never arrived, whose region is not on-line, or that were not seen for 30
   * days. What was seen in the last 15 minutes stays. Returns them. Several processes may do it at once.
   */
  async cleanStale(isOnline: (regionId: Uuid) => AtOnce<boolean>): Promise<StaleSessions> {
    const now = this.#now();
    const seenBefore = now - graceMs;
    const regionLost: EndedSession[] = [];
    for await (const regions of store.regionsSeenBefore(this.#database, seenBefore)) {
      const regionIds: Uuid[] = [];
      for (const id of regions) if (id !== zeroUuid && !(await isOnline(id))) regionIds.push(id);
      if (regionIds.length > 0) regionLost.push(...(await this.#end({ seenBefore, regionIds })));
    }
    return {
      neverArrived: await this.#end({ seenBefore, regionIds: [zeroUuid] }),
      regionLost,
      unseen: await this.#end({ seenBefore: now - unseenMs }),
    };
  }

  async count(): Promise<number> {
    return store.countSessions(this.#database);
  }

  async #upsert(session: NewSession, alone: boolean): Promise<Uuid | 'new' | 'foreign'> {
    try {
      return await store.upsertSession(this.#database, session, alone, this.#now());
    } catch (error) {
      if (!(error instanceof UniqueViolationError)) throw error;
    }
    // The id is known in another place: the user's own, from when several were allowed or forbidden, or somebody else's.
    return transact(this.#database, async (queries) => {
      const known = await store.findSession(queries, session.sessionId);
      if (known !== undefined && known.userId !== session.userId) return 'foreign';
      await store.endSessions(queries, { sessionId: session.sessionId });
      queries.announce(`${topic}:${session.sessionId}`);
      return store.upsertSession(queries, session, alone, this.#now());
    });
  }

  async #end(ending: Parameters<typeof store.endSessions>[1]): Promise<readonly EndedSession[]> {
    const ended = await store.endSessions(this.#database, ending);
    for (const { sessionId } of ended) this.#announce(sessionId);
    return ended;
  }

  #announce(sessionId: Uuid): void {
    this.#database.announce(`${topic}:${sessionId}`);
  }
}
