/** Users in the records of a grid: a UUID, or the identifier of somebody of another grid. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import { tryParseUserIdentifier } from './hypergrid/user-identifier.ts';
import { storableText } from './text.ts';

export interface UserText {
  readonly id: Uuid;
  /** As it was written. */
  readonly text: string;
  /** Address of the home grid in one spelling; empty for a bare UUID. */
  readonly home: string;
  /** Of a friendship between two grids; empty when there is none. */
  readonly secret: string;
}

const lengthMax = 255;

/** A text names no user. The message does not hold it: there may be a secret in it. */
export class UserTextError extends RangeError {
  override readonly name = 'UserTextError';
}

/** Throws UserTextError. */
export function parseUserText(text: string): UserText {
  const user = tryParseUserText(text);
  if (user === undefined) throw new UserTextError('neither a UUID nor the identifier of a user');
  return user;
}

export function tryParseUserText(text: string): UserText | undefined {
  const trimmed = text.trim();
  const id = tryParseUuid(trimmed);
  if (id !== undefined) return { id, text: id, home: '', secret: '' };
  const foreign = tryParseUserIdentifier(trimmed);
  if (foreign === undefined || storableText(trimmed, lengthMax) !== trimmed) return undefined;
  return { id: foreign.id, text: trimmed, home: foreign.home, secret: foreign.secret };
}
