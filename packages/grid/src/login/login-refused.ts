/** Why a login fails, with the reason codes that viewers know and OpenSimulator's texts (Services/LLLoginService/LLLoginResponse.cs). */

/**
 * `key`: back to the login panel. `presence`: a plain message. `tos`: the viewer shows the message, or the page at that address,
 * and logs in again when the resident agrees.
 */
export type LoginReason = 'key' | 'presence' | 'tos' | 'Internal Error';

/** The message is for the resident. */
export class LoginRefusedError extends Error {
  override readonly name = 'LoginRefusedError';
  readonly reason: LoginReason;
  constructor(reason: LoginReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

const texts = {
  incomplete: ['key', 'Incomplete login credentials. Check your username and password.'],
  unknown: [
    'key',
    'Could not authenticate your avatar. Please check your username and password, and check the grid if problems persist.',
  ],
  blocked: ['presence', 'Logins are currently restricted. Please try again later.'],
  alreadyHere: [
    'presence',
    'You appear to be already logged in. Please wait a a minute or two and retry. If this takes longer than a few minutes please contact the grid owner. ',
  ],
  noInventory: ['key', 'The inventory service is not responding.  Please notify your login region operator.'],
  noRegion: ['key', 'Error connecting to the desired location. Try connecting to another region.'],
  busy: ['presence', 'Too many people are logging in at this moment. Please try again in a minute.'],
  internal: ['Internal Error', 'Error generating Login Response'],
} as const satisfies Readonly<Record<string, readonly [LoginReason, string]>>;

export function loginRefused(kind: keyof typeof texts): LoginRefusedError {
  const [reason, message] = texts[kind];
  return new LoginRefusedError(reason, message);
}

export function throttled(retryMinutes: number): LoginRefusedError {
  const time = retryMinutes === 1 ? 'a minute' : `${retryMinutes} minutes`;
  return new LoginRefusedError(
    'presence',
    `There were too many failed logins from your address. Please try again in ${time}.`,
  );
}

export function unknownStart(start: string): LoginRefusedError {
  return new LoginRefusedError(
    'key',
    start === ''
      ? 'The viewer did not say where to log in. Choose your home, your last location or a region.'
      : `The start location "${start.slice(0, 80)}" is not understood. Choose your home, your last location or a region.`,
  );
}
