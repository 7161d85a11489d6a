/** The accounts of a grid's residents. Names are unique whatever their case. */
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { allAtOnce, andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { chunked } from '../chunks.ts';
import { RecordCache } from '../record-cache.ts';
import { storableText } from '../text.ts';
import { within } from '../transactions.ts';
import {
  AccountRefusedError,
  accountNameKey,
  checkedEmail,
  checkedName,
  checkedTime,
  checkedWhole,
} from './account-names.ts';
import { accountCountryMax, accountNameMax, accountTitleMax } from './account.ts';
import type { Account, AccountChanges, NewAccount } from './account.ts';
import * as store from './accounts-store.ts';
import { gridServicesAccount } from './built-in-accounts.ts';
import { defaultServiceUrls } from './service-urls.ts';

/** `account:<id>` is announced whenever an account is made or changed. */
const topic = 'account';
/** Accounts asked for at once that are worth remembering each. */
const cachedAtOnceMax = 500;
/** Longer than any; lower case may be longer than what was typed. */
const nameKeyMax = 4 * accountNameMax;

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

  readonly #byId: RecordCache<Account>;
  /** Where to look first: whose name it is, the account says. Nobody announces names. */
  readonly #idsByName: RecordCache<Uuid>;

  constructor(database: Database) {
    this.#database = database;
    this.#byId = new RecordCache({ database, topic });
    this.#idsByName = new RecordCache({ database, topic: 'account-name' });
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
      queries.announce(`${topic}:${created.id}`);
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
      queries.announce(`${topic}:${id}`);
      return account;
    });
  }

  /** From memory where it can be. `queries` are those of a transaction, to see what it has written. */
  find(id: Uuid, queries?: Queries): AtOnce<Account | undefined> {
    return queries === undefined
      ? this.#byId.load(id, () => findOne(this.#database, id))
      : findOne(queries, id);
  }

  /** Those that exist, by id; thousands at once. */
  findMany(ids: Iterable<Uuid>, queries?: Queries): AtOnce<ReadonlyMap<Uuid, Account>> {
    const wanted = new Set(ids);
    // So many are no hot read, and would push out what is.
    if (queries !== undefined || wanted.size > cachedAtOnceMax)
      return findAll(queries ?? this.#database, wanted);
    const unknown: Uuid[] = [];
    let read: Promise<ReadonlyMap<Uuid, Account>> | undefined;
    const loads = [...wanted].map((id) =>
      this.#byId.load(id, async () => {
        unknown.push(id);
        // Runs when all ids have been looked at.
        read ??= Promise.resolve().then(() => findAll(this.#database, unknown));
        return (await read).get(id);
      }),
    );
    return andThen(
      allAtOnce(loads),
      (accounts) =>
        new Map(accounts.flatMap((account) => (account === undefined ? [] : [[account.id, account]]))),
    );
  }

  /** From memory where it can be, as `find`. */
  findNamed(firstName: string, lastName: string, queries?: Queries): AtOnce<Account | undefined> {
    const key = accountNameKey(firstName.trim(), lastName.trim());
    if (key.length > nameKeyMax) return undefined;
    if (queries !== undefined) return store.findAccountNamed(queries, key);
    const id = this.#idsByName.load(key, async () => (await store.findAccountNamed(this.#database, key))?.id);
    return andThen(id, (known) =>
      known === undefined
        ? undefined
        : andThen(this.find(known), (account) =>
            // Somebody who was renamed is remembered by the old name for a while.
            account !== undefined && keyOf(account) === key
              ? account
              : store.findAccountNamed(this.#database, key),
          ),
    );
  }

  /** Of several accounts with the address the oldest. */
  async findByEmail(email: string, queries: Queries = this.#database): Promise<Account | undefined> {
    const wanted = email.trim();
    return wanted === '' ? undefined : store.findAccountByEmail(queries, wanted);
  }

  /** A page in the order of names, after the last account of the page before. */
  async list(limit: number, after?: Account): Promise<readonly Account[]> {
    const key = after === undefined ? undefined : keyOf(after);
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
    createdAt: checkedTime(account.createdAt),
    title: storableText(account.title.trim(), accountTitleMax),
    country: storableText(account.country.trim(), accountCountryMax),
  };
}

function keyOf(account: Account): string {
  return accountNameKey(account.firstName, account.lastName);
}

async function findOne(queries: Queries, id: Uuid): Promise<Account | undefined> {
  return (await store.findAccounts(queries, [id]))[0];
}

async function findAll(queries: Queries, ids: Iterable<Uuid>): Promise<ReadonlyMap<Uuid, Account>> {
  const found = new Map<Uuid, Account>();
  for await (const chunk of chunked(ids))
    for (const account of await store.findAccounts(queries, chunk)) found.set(account.id, account);
  return found;
}

/** The account that OpenSimulator's own services act as is not to be anybody's. */
function isGridServices(account: Account): boolean {
  return account.id === gridServicesAccount.id || keyOf(account) === keyOf(gridServicesAccount);
}

async function requireFreeName(queries: Queries, account: Account): Promise<void> {
  const { firstName, lastName } = account;
  const named = await store.findAccountNamed(queries, keyOf(account));
  if (isGridServices(account) || (named !== undefined && named.id !== account.id))
    throw new AccountExistsError(`an account named ${firstName} ${lastName} exists already`);
}
