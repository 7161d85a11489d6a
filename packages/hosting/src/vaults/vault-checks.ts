/** What is asked of a vault is refused before anything is done. Each throws a VaultError. */
import { VaultError } from './vault-error.ts';
import type { VaultRecord } from './vault-record.ts';

const parityPercentMax = 100;
const passwordCharactersMin = 12;

export function refuseErased(record: VaultRecord): void {
  if (record.erasedAt !== undefined)
    throw new VaultError(
      'vault-erased',
      `the keys of the vault of grid "${record.slug}" were destroyed on ${new Date(record.erasedAt).toISOString().slice(0, 10)}`,
    );
}

export function checkPassword(password: string): void {
  if (password.length < passwordCharactersMin || /\p{Cc}/u.test(password))
    throw new VaultError(
      'bad-value',
      `a vault's password has at least ${passwordCharactersMin} characters, none of them a control character`,
    );
}

export function checkParity(percent: number): number {
  if (!Number.isInteger(percent) || percent < 0 || percent > parityPercentMax)
    throw new VaultError('bad-value', `parity is a whole number of percent from 0 to ${parityPercentMax}`);
  return percent;
}
