/** A new resident: account, password, inventory and what to wear, all or nothing. */
import type { Account, NewAccount } from './accounts/account.ts';
import { hashPassword } from './authentication/authentication.ts';
import { dressResident, outfitOfNewResidents } from './default-avatar/default-avatar.ts';
import type { GridServices } from './grid-services.ts';
import { transact } from './transactions.ts';

export interface NewResident extends NewAccount {
  /** In clear; only a hash of its MD5 is kept. */
  readonly password: string;
}

/** Throws AccountRefusedError or PasswordRefusedError, and then nothing was made. */
export async function createResident(
  services: Pick<
    GridServices,
    'database' | 'settings' | 'accounts' | 'authentication' | 'inventory' | 'assets' | 'avatars'
  >,
  resident: NewResident,
): Promise<Account> {
  const { password, ...account } = resident;
  const passwordHash = await hashPassword(password);
  const outfit = await outfitOfNewResidents(services);
  return transact(services.database, async (queries) => {
    const created = await services.accounts.create(account, queries);
    await services.authentication.store(created.id, passwordHash, queries);
    await services.inventory.createForResident(created.id, queries);
    if (outfit !== undefined) await dressResident(services, created.id, outfit, queries);
    return created;
  });
}
