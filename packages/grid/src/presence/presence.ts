/** Who is on the grid, by session. */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Settings } from '../settings/settings.ts';

export interface NewSession {
  readonly userId: Uuid;
  readonly sessionId: Uuid;
  readonly secureSessionId: Uuid;
}

export interface Session extends NewSession {
  /** Where the agent was seen last; the zero id until it has arrived somewhere. */
  readonly regionId: Uuid;
  /** Unix milliseconds. */
  readonly lastSeen: number;
}

export interface PresenceOptions {
  readonly database: Database;
  readonly settings: Settings;
}

const unfinished = () => new Error('not there yet');

export class Presence {
  readonly options: PresenceOptions;

  constructor(options: PresenceOptions) {
    this.options = options;
  }

  /**
   * Ends the earlier session of the user unless the grid allows several. False, and nothing is written, when the session
   * belongs to another user.
   */
  login(_session: NewSession): Promise<boolean> {
    return Promise.reject(unfinished());
  }

  /** False when there is no such session. */
  logout(_sessionId: Uuid): Promise<boolean> {
    return Promise.reject(unfinished());
  }

  /** Without a promise while it is in memory. */
  find(_sessionId: Uuid): Session | undefined | Promise<Session | undefined> {
    return Promise.reject(unfinished());
  }

  /** The sessions of those who are on the grid; one each, the one seen last. */
  ofUsers(_ids: Iterable<Uuid>): Promise<readonly Session[]> {
    return Promise.reject(unfinished());
  }

  /** The agent is in the region now. False when there is no such session or the region is the zero id. */
  report(_sessionId: Uuid, _regionId: Uuid): Promise<boolean> {
    return Promise.reject(unfinished());
  }

  /** Ends every session in the region; returns how many there were. */
  logoutRegion(_regionId: Uuid): Promise<number> {
    return Promise.reject(unfinished());
  }
}
