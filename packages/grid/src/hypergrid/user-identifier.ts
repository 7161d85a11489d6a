/**
 * How grids name each other's users: `uuid;home address;First Last`, and in friendships a secret behind it.
 * Source: OpenSim/Framework/Util.cs, ParseUniversalUserIdentifier.
 */
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseGridUrl } from '../grid-url.ts';
import { storableText } from '../text.ts';

/** UTF-16 units of a whole identifier. */
export const userIdentifierMax = 255;
/** Of a home address, so that a name has room beside it. */
export const homeMax = 150;
const uuidLength = 36;

/** A user of another grid. */
export interface UserIdentifier {
  readonly id: Uuid;
  /** With a slash at its end. */
  readonly home: string;
  readonly firstName: string;
  readonly lastName: string;
  /** Shared by the two grids of a friendship; '' when there is none. Not for third parties. */
  readonly secret: string;
}

/** Undefined for a bare UUID and for what is no identifier. */
export function tryParseUserIdentifier(text: string): UserIdentifier | undefined {
  if (text.length > userIdentifierMax) return undefined;
  const [idText = '', homeText = '', name, secret = '', ...more] = text.split(';');
  const id = tryParseUuid(idText.trim());
  const home = tryParseGridUrl(homeText);
  if (id === undefined || home === undefined || name === undefined || more.length > 0) return undefined;
  const space = name.indexOf(' ');
  const [firstName, lastName] =
    space < 0 ? [name, ''] : [name.slice(0, space), name.slice(space + 1).trimStart()];
  return { id, home, firstName, lastName, secret };
}

/**
 * Never longer than an identifier may be, as long as the home address has at most `homeMax` characters. Separators and what
 * cannot be stored are taken out of names, so that what was written is read the same again.
 */
export function formatUserIdentifier(user: Omit<UserIdentifier, 'secret'>, secret = ''): string {
  const clean = (text: string) => text.replaceAll(';', '').trim();
  const head = `${user.id};${user.home};`;
  const tail = secret === '' ? '' : `;${clean(secret)}`;
  const name = `${clean(user.firstName)} ${clean(user.lastName)}`;
  return `${head}${storableText(name, Math.max(0, userIdentifierMax - head.length - tail.length))}${tail}`;
}

/** The UUID that a text is or begins with. */
export function userIdOf(text: string): Uuid | undefined {
  return tryParseUuid(text.slice(0, uuidLength));
}

export interface PersonName {
  readonly firstName: string;
  readonly lastName: string;
}

/** As other grids' users are shown: `First.Last` `@host:port`, the port only where it is not the usual one. */
export function visitorName(name: PersonName, home: string): PersonName {
  const lastName = `@${new URL(home).host}`;
  return {
    firstName: name.lastName.startsWith('@') ? name.firstName : `${name.firstName}.${name.lastName}`,
    lastName,
  };
}

/** The name behind `First.Last` `@host:port`; any other name as it is. */
export function nameAtHome(name: PersonName): PersonName {
  if (!name.lastName.startsWith('@')) return name;
  const dot = name.firstName.indexOf('.');
  if (dot < 0) return { firstName: name.firstName, lastName: '' };
  return { firstName: name.firstName.slice(0, dot), lastName: name.firstName.slice(dot + 1) };
}
