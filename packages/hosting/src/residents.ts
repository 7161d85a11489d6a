/**
 * Whom the people of an archive are on this grid, as OpenSimulator maps them at load (ArchiveReadRequest.ResolveUserUuid and
 * InventoryArchiveReadRequest). The documents keep what they say: see docs/decisions/identities.md.
 */
import type { Account } from '@gridkeep/grid/accounts/account';
import type { Accounts } from '@gridkeep/grid/accounts/accounts';
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { CreatorLookup } from './creator-claims.ts';

/** Answers kept; an archive with more people asks again. */
const answersMax = 100_000;

export class Residents implements CreatorLookup {
  readonly #accounts: Accounts;
  readonly #ids = new Map<Uuid, Account | undefined>();
  readonly #names = new Map<string, Uuid | undefined>();

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  async nameOf(id: Uuid): Promise<Account | undefined> {
    if (id === zeroUuid) return undefined;
    if (this.#ids.has(id)) return this.#ids.get(id);
    const account = await this.#accounts.find(id);
    if (this.#ids.size < answersMax) this.#ids.set(id, account);
    return account;
  }

  async has(id: Uuid): Promise<boolean> {
    return (await this.nameOf(id)) !== undefined;
  }

  async named(name: string): Promise<Uuid | undefined> {
    const key = name.trim().toLowerCase();
    if (this.#names.has(key)) return this.#names.get(key);
    const [first = '', ...rest] = name.trim().split(/\s+/);
    const account = first === '' ? undefined : await this.#accounts.findNamed(first, rest.join(' '));
    if (this.#names.size < answersMax) this.#names.set(key, account?.id);
    return account?.id;
  }

  /** An owner without an account gives way to the fallback. */
  async owner(claimed: Uuid, fallback: Uuid): Promise<Uuid> {
    return (await this.has(claimed)) ? claimed : fallback;
  }

  /** A creator stays when there is an account, or creator data that say who it is elsewhere. */
  async creator(claimed: Uuid, creatorData: string, fallback: Uuid): Promise<Uuid> {
    return creatorData !== '' || (await this.has(claimed)) ? claimed : fallback;
  }
}
