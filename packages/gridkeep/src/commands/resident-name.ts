import type { Account } from '@gridkeep/grid/accounts/account';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { CommandError, usageErrorCode } from './command.ts';

/** Throws a CommandError unless the text is two words. */
export function splitName(name: string): { readonly firstName: string; readonly lastName: string } {
  const [firstName, lastName, ...more] = name.trim().split(/\s+/);
  if (firstName === undefined || lastName === undefined || more.length > 0)
    throw new CommandError(
      usageErrorCode,
      `${JSON.stringify(name)} is no resident's name: it has a first and a last name, as in "Ada Lovelace"`,
    );
  return { firstName, lastName };
}

/** The resident of that name. Throws a CommandError when there is none. */
export async function residentOf(services: GridServices, name: string): Promise<Account> {
  const { firstName, lastName } = splitName(name);
  const account = await services.accounts.findNamed(firstName, lastName);
  if (account === undefined)
    throw new CommandError(
      'not-found',
      `there is no resident ${firstName} ${lastName}: see "gridkeep resident list"`,
    );
  return account;
}
