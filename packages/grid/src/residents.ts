/** A new resident: account, password and inventory, all or nothing. */
import type { Account, NewAccount } from './accounts/account.ts';
import { hashPassword } from './authentication/authentication.ts';
import type { GridServices } from './grid-services.ts';
import { transact } from './transactions.ts';

export interface NewResident extends NewAccount {
  /** In clear; only a hash of its MD5 is kept. */
  readonly password: string;
}

/** Throws AccountRefusedError or PasswordRefusedError, and then nothing was made. */
export async function createResident(
  services: Pick<GridServices, 'database' | 'accounts' | 'authentication' | 'inventory'>,
  resident: NewResident,
): Promise<Account> {
  const { password, ...account } = resident;
  const passwordHash = await hashPassword(password);
  return transact(services.database, async (queries) => {
    const created = await services.accounts.create(account, queries);
    await services.authentication.store(created.id, passwordHash, queries);
    await services.inventory.createForResident(created.id, queries);
    return created;
  });
}
