/** What a resident's name and address must fulfil, with errors that say which rule was broken. */
import { accountEmailMax, accountNameMax } from './account.ts';

/** An account's field breaks a rule. */
export class AccountRefusedError extends Error {
  override readonly name = 'AccountRefusedError';
}

/** Case does not matter in names; letters that look the same are the same. */
export function accountNameKey(firstName: string, lastName: string): string {
  return `${firstName} ${lastName}`.normalize('NFC').toLowerCase();
}

/**
 * The trimmed name. Letters, digits, hyphen, underscore and apostrophe of any script: space, dot, `@`, `/`, `;` and `:`
 * separate names from names and from grids in logins, archives and Hypergrid addresses.
 */
export function checkedName(which: 'first' | 'last', text: string): string {
  const name = text.trim().normalize('NFC');
  if (name === '') throw new AccountRefusedError(`the ${which} name is empty`);
  if (name.length > accountNameMax)
    throw new AccountRefusedError(`the ${which} name may have at most ${accountNameMax} characters`);
  if (!/^[\p{L}\p{M}\p{N}_'-]+$/u.test(name))
    throw new AccountRefusedError(
      `the ${which} name ${JSON.stringify(name)} may have only letters, digits, hyphen, underscore and apostrophe`,
    );
  return name;
}

/** The trimmed address; '' is none. */
export function checkedEmail(text: string): string {
  const email = text.trim();
  if (email === '') return '';
  if (email.length > accountEmailMax)
    throw new AccountRefusedError(`the e-mail address may have at most ${accountEmailMax} characters`);
  if (!/^[^\s@\p{Cc}<>"',;]+@[^\s@\p{Cc}<>"',;]+$/u.test(email))
    throw new AccountRefusedError(`${JSON.stringify(email)} is not an e-mail address`);
  return email;
}

export function checkedWhole(field: string, value: number): number {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value > 2 ** 31 - 1)
    throw new AccountRefusedError(`${field} is ${value}: it must be a whole number of 32 bits`);
  return value;
}

/** Unix milliseconds, also before 1970. */
export function checkedTime(value: number): number {
  if (!Number.isSafeInteger(value))
    throw new AccountRefusedError('the time of creation is not a whole number');
  return value;
}
