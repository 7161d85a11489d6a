/** The accounts of a grid's residents. Names are unique whatever their case. */
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { chunked } from '../chunks.ts';
import { storableText } from '../text.ts';
import { within } from '../transactions.ts';
import {
  AccountRefusedError,
  accountNameKey,
  checkedEmail,
  checkedName,
  checkedWhole,
} from './account-names.ts';
import { accountCountryMax, accountTitleMax } from './account.ts';
import type { Account, AccountChanges, NewAccount } from './account.ts';
import * as store from './accounts-store.ts';
import { defaultServiceUrls } from './service-urls.ts';

/** Results of a search. */
const searchMax = 1000;

/** Somebody has the name or the id. */
export class AccountExistsError extends AccountRefusedError {}

export class UnknownAccountError extends Error {
  override readonly name = 'UnknownAccountError';
  constructor(account: string) {
    super(`there is no account ${account}`);
  }
}

/** Every method that changes something takes part in the transaction handed to it, or has one of its own. */
export class Accounts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws AccountRefusedError, as AccountExistsError when the name or id is taken. */
  async create(account: NewAccount, transaction?: Queries): Promise<Account> {
    const created = checkedAccount({
      id: account.id ?? randomUuid(),
      firstName: account.firstName,
      lastName: account.lastName,
      email: account.email ?? '',
      createdAt: Date.now(),
      level: account.level ?? 0,
      flags: 0,
      title: account.title ?? '',
      country: '',
      serviceUrls: defaultServiceUrls,
      active: true,
    });
    return within(this.#database, transaction, async (queries) => {
      if ((await this.find(created.id, queries)) !== undefined)
        throw new AccountExistsError(`an account with the id ${created.id} exists already`);
      await requireFreeName(queries, created);
      await store.insertAccount(queries, created);
      return created;
    });
  }

  /** What is left out stays. Throws UnknownAccountError or AccountRefusedError. */
  async update(id: Uuid, changes: AccountChanges, transaction?: Queries): Promise<Account> {
    return within(this.#database, transaction, async (queries) => {
      const before = await this.find(id, queries);
      if (before === undefined) throw new UnknownAccountError(id);
      const account = checkedAccount({ ...before, ...changes });
      await requireFreeName(queries, account);
      await store.replaceAccount(queries, account);
      return account;
    });
  }

  async find(id: Uuid, queries: Queries = this.#database): Promise<Account | undefined> {
    return (await store.findAccounts(queries, [id]))[0];
  }

  /** Those that exist, by id; thousands at once. */
  async findMany(
    ids: Iterable<Uuid>,
    queries: Queries = this.#database,
  ): Promise<ReadonlyMap<Uuid, Account>> {
    const found = new Map<Uuid, Account>();
    for await (const chunk of chunked(new Set(ids)))
      for (const account of await store.findAccounts(queries, chunk)) found.set(account.id, account);
    return found;
  }

  async findNamed(
    firstName: string,
    lastName: string,
    queries: Queries = this.#database,
  ): Promise<Account | undefined> {
    return store.findAccountNamed(queries, accountNameKey(firstName.trim(), lastName.trim()));
  }

  /** Of several accounts with the address the oldest. */
  async findByEmail(email: string, queries: Queries = this.#database): Promise<Account | undefined> {
    const wanted = email.trim();
    return wanted === '' ? undefined : store.findAccountByEmail(queries, wanted);
  }

  /** A page in the order of names, after the last account of the page before. */
  async list(limit: number, after?: Account): Promise<readonly Account[]> {
    const key = after === undefined ? undefined : accountNameKey(after.firstName, after.lastName);
    return store.listAccounts(this.#database, key, limit);
  }

  /**
   * Active accounts by parts of their names: one word looks in both names, two words in one each. As on other grids at
   * most two words, one of them longer than two characters; otherwise nothing is found.
   */
  async search(query: string, limit = searchMax): Promise<readonly Account[]> {
    const words = query
      .normalize('NFC')
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const [first, last, ...more] = words;
    if (first === undefined || more.length > 0 || !words.some((word) => word.length > 2)) return [];
    return store.searchAccounts(this.#database, first, last, Math.min(limit, searchMax));
  }

  async count(): Promise<number> {
    return store.countAccounts(this.#database);
  }
}

function checkedAccount(account: Account): Account {
  return {
    ...account,
    firstName: checkedName('first', account.firstName),
    lastName: checkedName('last', account.lastName),
    email: checkedEmail(account.email),
    level: checkedWhole('the level', account.level),
    flags: checkedWhole('the flags', account.flags),
    title: storableText(account.title.trim(), accountTitleMax),
    country: storableText(account.country.trim(), accountCountryMax),
  };
}

async function requireFreeName(queries: Queries, account: Account): Promise<void> {
  const { firstName, lastName } = account;
  const named = await store.findAccountNamed(queries, accountNameKey(firstName, lastName));
  if (named !== undefined && named.id !== account.id)
    throw new AccountExistsError(`an account named ${named.firstName} ${named.lastName} exists already`);
}
