/**
 * The grid's terms of service, in versions, and who has accepted which. Viewers show a text, or the page at an address, and log
 * in again with `agree_to_tos` when the resident agrees.
 */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { RecordCache } from '../record-cache.ts';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import * as store from './terms-store.ts';
import type { TermsAcceptance, TermsVersion } from './terms-store.ts';

/** UTF-16 units. */
export const termsTextMax = 64 * 1024;
const addressMax = 64;
const pageRows = 500;

/** `terms:current` is announced with every new version, `terms-accepted:<account>` with every acceptance. */
const currentTopic = 'terms';
const currentKey = 'current';
const acceptedTopic = 'terms-accepted';

/** The text cannot be published; the message says why. */
export class TermsRefusedError extends Error {
  override readonly name = 'TermsRefusedError';
}

export class Terms {
  readonly #database: Database;
  readonly #current: RecordCache<TermsVersion | null>;
  /** The version that an account has accepted last; 0 for none. */
  readonly #accepted: RecordCache<number>;

  constructor(database: Database) {
    this.#database = database;
    this.#current = new RecordCache({ database, topic: currentTopic, entriesMax: 1 });
    this.#accepted = new RecordCache({ database, topic: acceptedTopic });
  }

  /** Undefined while nothing is published; without a promise while it is in memory. */
  current(): AtOnce<TermsVersion | undefined> {
    const loaded = this.#current.load(
      currentKey,
      async () => (await store.readLatest(this.#database)) ?? null,
    );
    return andThen(loaded, (terms) => terms ?? undefined);
  }

  /** The terms that an account still has to accept; undefined when there are none. */
  missing(account: Uuid): AtOnce<TermsVersion | undefined> {
    return andThen(this.current(), (terms) => {
      if (terms === undefined) return undefined;
      const accepted = this.#accepted.load(account, () => store.readAccepted(this.#database, account));
      return andThen(accepted, (version = 0) => (version < terms.version ? terms : undefined));
    });
  }

  /** Records that an account has accepted a version; the first time counts. */
  async accept(account: Uuid, version: number, address: string): Promise<void> {
    await store.insertAcceptance(this.#database, {
      ...{ accountId: account, version, acceptedAt: Date.now() },
      address: storableText(address, addressMax),
    });
    this.#database.announce(`${acceptedTopic}:${account}`);
  }

  /** Makes a text, or the address of a page, the current version: everybody has to accept it. Throws TermsRefusedError. */
  async publish(text: string): Promise<TermsVersion> {
    const terms = checkedText(text);
    return transact(this.#database, async (queries) => {
      const before = await store.readLatest(queries);
      if (before?.text === terms) throw new TermsRefusedError(`version ${before.version} has the same text`);
      const published = { version: (before?.version ?? 0) + 1, text: terms, publishedAt: Date.now() };
      await store.insertVersion(queries, published);
      queries.announce(`${currentTopic}:${currentKey}`);
      return published;
    });
  }

  /** Oldest first. */
  async versions(): Promise<readonly (TermsVersion & { readonly acceptances: number })[]> {
    const versions = await store.readVersions(this.#database);
    const counts = await store.countAcceptances(this.#database);
    return versions.map((terms) => ({ ...terms, acceptances: counts.get(terms.version) ?? 0 }));
  }

  /** Who has accepted a version, in the order of their ids. */
  async *acceptances(version: number): AsyncGenerator<TermsAcceptance> {
    for (let after: Uuid | undefined; ;) {
      const page = await store.readAcceptances(this.#database, version, pageRows, after);
      yield* page;
      after = page.at(-1)?.accountId;
      if (page.length < pageRows) return;
    }
  }
}

/** Whether viewers are to open a page instead of showing a text. */
export function isTermsAddress(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text);
}

function checkedText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new TermsRefusedError('the text is empty');
  if (trimmed.length > termsTextMax)
    throw new TermsRefusedError(`the text may have at most ${termsTextMax} characters`);
  const clean = storableText(trimmed, termsTextMax);
  if (clean !== trimmed) throw new TermsRefusedError('the text holds characters that viewers cannot show');
  return clean;
}
