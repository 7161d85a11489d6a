/** Accounts that simulators expect to find on every grid without anybody having made them. */
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Account } from './account.ts';

/**
 * Whom OpenSimulator's services act as (OpenSim/Services/UserAccountService/UserAccountService.cs). It is only told to
 * simulators that ask for it: it is in no table, so nobody can log in as it or find it.
 */
export const gridServicesAccount: Account = {
  id: parseUuid('6571e388-6218-4574-87db-f9379718315e'),
  firstName: 'GRID',
  lastName: 'SERVICES',
  email: '',
  createdAt: 0,
  level: 240,
  flags: 0,
  title: '',
  country: '',
  serviceUrls: new Map(),
  active: true,
};
