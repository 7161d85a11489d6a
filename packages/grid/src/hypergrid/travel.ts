/**
 * Where residents' sessions are: the home grid's side of Hypergrid. Every login has a record, also one that never leaves;
 * other grids ask it whether a visitor is who he says. Source: OpenSim/Services/HypergridService/UserAgentService.cs.
 */
import type { Database } from '@gridkeep/storage/database/database';
import { randomUuid, tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { LRUCache } from 'lru-cache';
import { tryParseGridUrl } from '../grid-url.ts';
import { storableText } from '../text.ts';
import type { Travel } from './travel-record.ts';
import * as store from './travel-store.ts';

/** UTF-16 units of a gatekeeper's address. */
const gatekeeperLengthMax = 255;
const clientAddressMax = 64;
/** Sessions of one resident that are looked at. */
const sessionsMax = 16;
/** A session without a word for so long is over; logouts end most of them at once. */
const forgottenAfter = 14 * 24 * 60 * 60 * 1000;

export interface TravelStart {
  readonly sessionId: Uuid;
  readonly userId: Uuid;
  /** Address of the target's gatekeeper; this grid's own for a login at home. */
  readonly gatekeeper: string;
  /** Used only when the session is new: the address at the login stays. */
  readonly clientAddress: string;
}

/** How long it is remembered who was abroad: a region stores changed attachments when their wearer has left already. */
const abroadMs = 5 * 60_000;
const abroadTopic = 'abroad:';

export class Travels {
  readonly #database: Database;
  readonly #abroad = new LRUCache<Uuid, true>({ max: 10_000, ttl: abroadMs });
  #lastAbroadAt = -Infinity;

  constructor(database: Database) {
    this.#database = database;
    database.onChange((changed) => {
      const userId = changed?.startsWith(abroadTopic)
        ? tryParseUuid(changed.slice(abroadTopic.length))
        : undefined;
      if (userId === undefined) return;
      this.#abroad.set(userId, true);
      this.#lastAbroadAt = Date.now();
    });
  }

  /**
   * Records that a session sets out, with a new token; one statement. Undefined when the session is another resident's.
   * The grid that is travelled to asks for the token, so this comes before asking it for admission.
   */
  async start(start: TravelStart): Promise<Travel | undefined> {
    const gatekeeper = storableText(
      tryParseGridUrl(start.gatekeeper) ?? start.gatekeeper,
      gatekeeperLengthMax,
    );
    return store.upsertTravel(this.#database, {
      sessionId: start.sessionId,
      userId: start.userId,
      gatekeeper,
      serviceSessionId: `${gatekeeper};${randomUuid()}`,
      clientAddress: storableText(start.clientAddress, clientAddressMax),
      changedAt: Date.now(),
    });
  }

  /** Undoes a start that was refused: what stood before is back, unless the session has set out anew meanwhile. */
  async undo(started: Travel, before: Travel | undefined): Promise<void> {
    const { sessionId, serviceSessionId } = started;
    if (before === undefined) await store.deleteTravelWithToken(this.#database, sessionId, serviceSessionId);
    else await store.replaceTravel(this.#database, serviceSessionId, before);
  }

  async find(sessionId: Uuid): Promise<Travel | undefined> {
    return store.findTravel(this.#database, sessionId);
  }

  /** The latest first, at most 16. */
  async ofUser(userId: Uuid): Promise<readonly Travel[]> {
    return store.travelsOfResident(this.#database, userId, sessionsMax);
  }

  /** Gives what stood there; undefined when there is no such session of this resident. */
  async end(sessionId: Uuid, userId: Uuid): Promise<Travel | undefined> {
    return store.deleteTravel(this.#database, sessionId, userId);
  }

  /** Unix milliseconds of the last trip to another grid or back. */
  get lastAbroadAt(): number {
    return this.#lastAbroadAt;
  }

  /** A resident sets out for another grid, or comes back: every process of the grid knows it for a while. */
  noteAbroad(userId: Uuid): void {
    this.#database.announce(`${abroadTopic}${userId}`);
  }

  /** Whether the resident was on another grid in the last five minutes, as far as was noted. */
  wasAbroad(userId: Uuid): boolean {
    return this.#abroad.get(userId) ?? false;
  }

  /** Whether any session is at another gatekeeper than the given one. */
  async anyElsewhere(gatekeeper: string): Promise<boolean> {
    return store.hasTravelElsewhere(this.#database, gatekeeper);
  }

  /** Forgets sessions of which nothing was heard for 14 days; returns how many. */
  async cleanOld(): Promise<number> {
    return store.deleteTravelsBefore(this.#database, Date.now() - forgottenAfter);
  }
}
