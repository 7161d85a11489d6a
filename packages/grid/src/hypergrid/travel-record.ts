/** A session of a resident, wherever it is. */
import type { Uuid } from '@gridkeep/wire/uuid';

export interface Travel {
  readonly sessionId: Uuid;
  readonly userId: Uuid;
  /** Address of the gatekeeper where the session is, with a slash at its end. */
  readonly gatekeeper: string;
  /** `<gatekeeper>;<uuid>`: the token that the grid there shows to have the visitor confirmed. Not for logs. */
  readonly serviceSessionId: string;
  /** IP address of the viewer at its login; '' when it is not known. */
  readonly clientAddress: string;
  /** Unix milliseconds. */
  readonly changedAt: number;
}
