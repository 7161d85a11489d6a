/** An agent's session on the grid, from its login to its logout. */
import type { Uuid } from '@gridkeep/wire/uuid';

export interface NewSession {
  readonly userId: Uuid;
  readonly sessionId: Uuid;
  readonly secureSessionId: Uuid;
}

export interface Session extends NewSession {
  /** Where the agent was seen last; the zero id until it has arrived somewhere. */
  readonly regionId: Uuid;
  /** Unix milliseconds of the login or the last report. */
  readonly lastSeen: number;
}

export interface EndedSession {
  readonly sessionId: Uuid;
  readonly userId: Uuid;
}
