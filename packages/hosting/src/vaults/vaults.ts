/** The vaults of an installation's grids: where they are, who holds their passwords, and how they are opened. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '@gridkeep/storage/database/database';
import { createRepository, openRepository, removeKeyFiles } from '@gridkeep/vault/repository/repository';
import type { Repository, RepositoryAccess } from '@gridkeep/vault/repository/repository';
import { NoRepositoryError, WrongPasswordError } from '@gridkeep/vault/repository/repository-errors';
import type { KeyCost } from '@gridkeep/vault/keys/key-file';
import type { MasterKey } from '@gridkeep/vault/sealing/master-key';
import type { Retention } from '@gridkeep/vault/retention/restore-points';
import type { Target } from '@gridkeep/vault/target/target';
import type { Grid } from '../tenants/grid.ts';
import type { CustodyKey } from './custody-key.ts';
import { VaultError } from './vault-error.ts';
import { VaultHistory } from './vault-history.ts';
import { isFolder, openPlaces, parsePlace } from './vault-place.ts';
import type { VaultPlace } from './vault-place.ts';
import { checkParity, checkPassword, refuseErased } from './vault-checks.ts';
import { placesOf, sealCredentials } from './target-credentials.ts';
import { findVault, targetRow, targetRows } from './vault-rows.ts';
import type { Custody, VaultRecord, VaultTarget } from './vault-record.ts';
import type { TargetRow, VaultRow, VaultTables } from './vault-tables.ts';

export interface VaultsOptions {
  /** Where the list of vaults stands; migrated by its owner. */
  readonly host: Database;
  /** Vaults that nobody gave a place are made here, each in a folder with its grid's slug. */
  readonly folder: string;
  /** For indexes and fetched packs; may be lost. */
  readonly cacheFolder: string;
  readonly custody: CustodyKey;
  /** Of new key files; for tests, which cannot wait for the standard one. */
  readonly keyCost?: KeyCost;
  readonly now?: () => number;
}

export interface NewVault {
  /** Address of the first target; default: a folder of its own in the data folder. */
  readonly place?: string;
  readonly coldPlace?: string;
  /** Default 'kept'. */
  readonly custody?: Custody;
  /** Needed where the customer holds it, and for a repository that is there already; default: random. */
  readonly password?: string;
  /** Default 5; 0 for none. */
  readonly parityPercent?: number;
  /** JSON of what differs from the standard retention. */
  readonly retention?: string;
}

/** An open vault; whoever opened it closes it. */
export interface OpenVault {
  readonly record: VaultRecord;
  /** At the first target. */
  readonly repository: Repository;
  close(): Promise<void>;
}

/** Announced when a vault or a target comes or goes. */
const topic = 'vaults';
const parityPercentDefault = 5;
const firstTargetName = 'first';
const copyCronDefault = '30 5 * * *';
const targetNameRule = /^[a-z0-9][a-z0-9-]{0,31}$/;
const targetsMax = 8;
const passwordBytes = 24;

export class Vaults {
  readonly history: VaultHistory;
  readonly #options: VaultsOptions;
  /** Master keys of vaults that were opened since the start: what unlocking keeps, and nobody waits for scrypt twice. */
  readonly #keys = new Map<string, { readonly repository: string; readonly key: MasterKey }>();

  constructor(options: VaultsOptions) {
    this.#options = options;
    this.history = new VaultHistory(options.host);
  }

  get keyFile(): string {
    return this.#options.custody.path;
  }

  /** Undefined when the grid has none yet. */
  async find(slug: string): Promise<VaultRecord | undefined> {
    return findVault(this.#options.host, slug);
  }

  /** Throws a VaultError `no-vault` that says how to make one. */
  async get(slug: string): Promise<VaultRecord> {
    const record = await this.find(slug);
    if (record === undefined)
      throw new VaultError(
        'no-vault',
        `grid "${slug}" has no vault yet: "gridkeep backup run" makes one in the data folder, "gridkeep vault init" one elsewhere`,
      );
    return record;
  }

  /**
   * Makes the repository, or takes over the one that is there when the password opens it. Killed between the two, the next
   * call with the same place takes over what was made, when its password is known; else the place must be emptied.
   */
  async init(grid: Grid, wanted: NewVault = {}): Promise<VaultRecord> {
    if ((await this.find(grid.slug)) !== undefined)
      throw new VaultError(
        'vault-exists',
        `grid "${grid.slug}" has a vault already: see "gridkeep vault targets list"`,
      );
    const custody = wanted.custody ?? 'kept';
    const parityPercent = checkParity(wanted.parityPercent ?? parityPercentDefault);
    if (custody === 'customer' && wanted.password === undefined)
      throw new VaultError('bad-value', 'a vault whose password the customer holds needs that password');
    const place = parsePlace(wanted.place ?? join(this.#options.folder, grid.slug));
    const cold = wanted.coldPlace === undefined ? undefined : parsePlace(wanted.coldPlace);
    const password = wanted.password ?? randomBytes(passwordBytes).toString('base64url');
    // Sealed before anything is made: without a key file no vault begins whose password nobody has.
    const sealed = custody === 'kept' ? await this.#seal(grid.slug, password) : null;
    const credentials = await sealCredentials(this.#options.custody, grid.slug, place, cold);
    if (isFolder(place)) await mkdir(place.address, { recursive: true, mode: 0o700 });
    const target = await openPlaces(place, cold, this.#opening(grid.slug));
    try {
      const { repository, adopted } = await this.#makeOrTakeOver(
        target,
        password,
        wanted.password !== undefined,
      );
      try {
        await this.#options.host.transaction(async (queries) => {
          const tables = queries.tables<VaultTables>();
          await tables
            .insertInto('vaults')
            .values({
              slug: grid.slug,
              repository: repository.id,
              custody,
              password: sealed,
              parity_percent: parityPercent,
              retention: wanted.retention ?? '{}',
              created_at: this.#now(),
              // Whoever chose it knows it.
              password_shown_at: wanted.password === undefined ? null : this.#now(),
              erase_asked_at: null,
              erased_at: null,
            })
            .execute();
          await tables
            .insertInto('vault_targets')
            .values(this.#targetRow(grid.slug, firstTargetName, 0, place, cold, credentials, copyCronDefault))
            .execute();
          queries.announce(topic);
        });
        this.#keys.set(grid.slug, { repository: repository.id, key: repository.masterKey });
        await this.history.addEvent(grid.slug, {
          kind: adopted ? 'adopt' : 'init',
          summary: `${adopted ? 'took over' : 'made'} the vault at ${target.description}, password ${custody === 'kept' ? 'kept here' : 'held by the customer'}`,
          detail: { repository: repository.id, custody, place: place.address },
        });
      } finally {
        await repository.close();
      }
    } finally {
      await target.close();
    }
    return this.get(grid.slug);
  }

  /** The grid's vault; made in the data folder when there is none. */
  async ensure(grid: Grid): Promise<VaultRecord> {
    return (await this.find(grid.slug)) ?? this.init(grid);
  }

  /** Throws a VaultError `vault-locked`, `key-file`, `no-vault` or `vault-erased`, or what the target throws. */
  async open(slug: string): Promise<OpenVault> {
    const record = await this.get(slug);
    refuseErased(record);
    const target = await this.openTarget(slug);
    try {
      const repository = await this.#openRepository(record, target, await this.#access(record));
      return {
        record,
        repository,
        close: async () => {
          await repository.close();
          await target.close();
        },
      };
    } catch (error) {
      await target.close();
      throw error;
    }
  }

  /** The files of one target, without opening the repository; the first when no name is given. */
  async openTarget(slug: string, name?: string): Promise<Target> {
    const row = await targetRow(this.#options.host, slug, name);
    const { place, cold } = await placesOf(this.#options.custody, row);
    return openPlaces(place, cold, { ...this.#opening(slug), mustExist: true });
  }

  /** Whether the vault can be opened now without being asked for a password. */
  isUnlocked(record: VaultRecord): boolean {
    return record.custody === 'kept' || this.#keys.get(record.slug)?.repository === record.repository;
  }

  /** Remembers what opens the vault until this process ends. Throws a VaultError `wrong-password`. */
  async unlock(slug: string, password: string): Promise<void> {
    const record = await this.get(slug);
    refuseErased(record);
    const target = await this.openTarget(slug);
    try {
      const repository = await this.#openRepository(record, target, { password });
      await repository.close();
    } finally {
      await target.close();
    }
  }

  /** The password that is kept. Throws a VaultError where the customer holds it. */
  async showPassword(slug: string): Promise<string> {
    const record = await this.get(slug);
    refuseErased(record);
    const password = await this.#keptPassword(slug);
    if (password === undefined)
      throw new VaultError(
        'vault-locked',
        `the customer holds the password of the vault of grid "${slug}": it is not here`,
      );
    await this.#change(slug, { password_shown_at: this.#now() });
    await this.history.addEvent(slug, {
      kind: 'password-shown',
      summary: 'the password was shown',
      detail: null,
    });
    return password;
  }

  /**
   * A new password at every target, and who holds it from now on. The master key stays: whoever opened the vault before and
   * kept that key can still read it. A vault that is locked must be unlocked first. `oldIsLocked`: a place forbids deleting the
   * old key for now.
   */
  async changePassword(
    slug: string,
    next: string,
    custody: Custody,
  ): Promise<{ readonly oldIsLocked: boolean }> {
    checkPassword(next);
    const record = await this.get(slug);
    const open = await this.open(slug);
    const sealed = custody === 'kept' ? await this.#seal(slug, next) : null;
    let locked = 0;
    try {
      const added = await open.repository.addKey(next, this.#options.keyCost);
      // From here on the new password opens it; killed before the end, both do.
      await this.#change(slug, {
        password: sealed,
        custody,
        password_shown_at: this.#now(),
      });
      const keep = new Set([added]);
      const source = await open.repository.target.read('key', added);
      locked += await removeKeys(open.repository.target, keep);
      for (const { name, first } of record.targets) {
        if (first) continue;
        const target = await this.openTarget(slug, name);
        try {
          await target.save('key', added, source);
          locked += await removeKeys(target, keep);
        } finally {
          await target.close();
        }
      }
    } finally {
      await open.close();
    }
    await this.history.addEvent(slug, {
      kind: 'password-changed',
      summary:
        `new password, ${custody === 'kept' ? 'kept here' : 'held by the customer'}` +
        (locked === 0 ? '' : '; the place locks the old key, so the old one goes on opening it for now'),
      detail: { custody, locked },
    });
    return { oldIsLocked: locked > 0 };
  }

  /** A further target: copies of the first go there on its own schedule. */
  async addTarget(
    slug: string,
    wanted: {
      readonly name: string;
      readonly place: string;
      readonly coldPlace?: string;
      readonly cron?: string;
    },
  ): Promise<VaultTarget> {
    const record = await this.get(slug);
    refuseErased(record);
    const { name } = wanted;
    if (!targetNameRule.test(name))
      throw new VaultError(
        'bad-value',
        "a target's name has up to 32 lower-case letters, digits and hyphens",
      );
    const place = parsePlace(wanted.place);
    const cold = wanted.coldPlace === undefined ? undefined : parsePlace(wanted.coldPlace);
    if (record.targets.some((one) => one.name === name))
      throw new VaultError('bad-value', `the vault has a target "${name}" already`);
    if (record.targets.some((one) => one.address === place.address))
      throw new VaultError('bad-value', `${place.address} is a target of this vault already`);
    if (record.targets.length >= targetsMax)
      throw new VaultError('bad-value', `a vault has at most ${targetsMax} targets`);
    const credentials = await sealCredentials(this.#options.custody, slug, place, cold);
    // Opened once, so that a wrong address or credential is told now and not at night.
    if (isFolder(place)) await mkdir(place.address, { recursive: true, mode: 0o700 });
    const target = await openPlaces(place, cold, this.#opening(slug));
    try {
      await this.#refuseForeign(target, record);
    } finally {
      await target.close();
    }
    const position = Math.max(...(await targetRows(this.#options.host, slug)).map((row) => row.position)) + 1;
    const row = this.#targetRow(
      slug,
      name,
      position,
      place,
      cold,
      credentials,
      wanted.cron ?? copyCronDefault,
    );
    await this.#options.host.tables<VaultTables>().insertInto('vault_targets').values(row).execute();
    this.#options.host.announce(topic);
    await this.history.addEvent(slug, {
      kind: 'target-add',
      summary: `added the target ${name} at ${place.address}`,
      detail: { name, place: place.address },
    });
    const added = (await this.get(slug)).targets.find((one) => one.name === name);
    if (added === undefined) throw new VaultError('no-target', `the target ${name} was removed meanwhile`);
    return added;
  }

  /** Nothing at its place is touched. Of the first target: the next becomes the first; the last cannot go. */
  async removeTarget(slug: string, name: string): Promise<void> {
    const removed = await targetRow(this.#options.host, slug, name);
    await this.#options.host.transaction(
      async (queries) => {
        const tables = queries.tables<VaultTables>();
        const rows = await tables
          .selectFrom('vault_targets')
          .selectAll()
          .where('slug', '=', slug)
          .where('name', '!=', name)
          .orderBy('position')
          .execute();
        if (rows.length === 0)
          throw new VaultError(
            'bad-value',
            'the only target of a vault cannot be removed: add another one first',
          );
        await tables.deleteFrom('vault_targets').where('slug', '=', slug).where('name', '=', name).execute();
        for (const [position, row] of rows.entries())
          await tables
            .updateTable('vault_targets')
            .set({ position })
            .where('slug', '=', slug)
            .where('name', '=', row.name)
            .execute();
        queries.announce(topic);
      },
      { retries: 3 },
    );
    await this.history.addEvent(slug, {
      kind: 'target-remove',
      summary: `removed the target ${name} at ${removed.address}; what is there stays`,
      detail: { name, place: removed.address },
    });
  }

  /** What is kept beyond the standard. Whoever calls it has made sure that nothing promised gets less. */
  async setRetention(slug: string, retention: Retention): Promise<VaultRecord> {
    refuseErased(await this.get(slug));
    await this.#change(slug, { retention: JSON.stringify(retention) });
    await this.history.addEvent(slug, {
      kind: 'retention',
      summary: `kept from the next backup on: ${retention.days} days, ${retention.weeks} weeks, ${retention.months} months`,
      detail: { ...retention },
    });
    return this.get(slug);
  }

  /** Notes or withdraws the wish that the vault be made unreadable; `eraseVault` does it when no lock is left. */
  async askErasure(slug: string, wanted: boolean): Promise<VaultRecord> {
    const record = await this.get(slug);
    refuseErased(record);
    if ((record.eraseAskedAt !== undefined) === wanted) return record;
    await this.#change(slug, { erase_asked_at: wanted ? this.#now() : null });
    await this.history.addEvent(slug, {
      kind: wanted ? 'erase-asked' : 'erase-withdrawn',
      summary: wanted
        ? 'erasure was asked for; no more backups are made'
        : 'the request for erasure was withdrawn',
      detail: null,
    });
    return this.get(slug);
  }

  /** The keys are gone at every target: forgets what was kept of them here. */
  async noteErased(slug: string): Promise<void> {
    this.#keys.delete(slug);
    await this.#change(slug, { password: null, erased_at: this.#now() });
  }

  /** A place for copies is empty, or holds the same repository. */
  async #refuseForeign(target: Target, record: VaultRecord): Promise<void> {
    let isEmpty = true;
    for await (const file of target.list('config')) isEmpty = file.bytes < 0;
    if (isEmpty) return;
    await (await this.#openRepository(record, target, await this.#access(record))).close();
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #opening(slug: string): { readonly stagingFolder: string } {
    return { stagingFolder: join(this.#options.cacheFolder, 'fetched', slug) };
  }

  async #makeOrTakeOver(
    target: Target,
    password: string,
    chosen: boolean,
  ): Promise<{ readonly repository: Repository; readonly adopted: boolean }> {
    const { cacheFolder, keyCost } = this.#options;
    if (chosen)
      try {
        return { repository: await openRepository(target, { password }, { cacheFolder }), adopted: true };
      } catch (error) {
        if (error instanceof WrongPasswordError)
          throw new VaultError(
            'wrong-password',
            `${target.description} is a repository, and the password does not open it`,
          );
        if (!(error instanceof NoRepositoryError)) throw error;
      }
    checkPassword(password);
    const repository = await createRepository(target, {
      password,
      cacheFolder,
      ...(keyCost === undefined ? {} : { keyCost }),
    });
    return { repository, adopted: false };
  }

  async #openRepository(record: VaultRecord, target: Target, access: RepositoryAccess): Promise<Repository> {
    try {
      const repository = await openRepository(target, access, { cacheFolder: this.#options.cacheFolder });
      if (repository.id !== record.repository) {
        await repository.close();
        throw new VaultError(
          'bad-place',
          `${target.description} holds another repository than the vault of grid "${record.slug}"`,
        );
      }
      this.#keys.set(record.slug, { repository: repository.id, key: repository.masterKey });
      return repository;
    } catch (error) {
      if (error instanceof WrongPasswordError)
        throw new VaultError(
          'wrong-password',
          `the password does not open the vault of grid "${record.slug}"`,
        );
      throw error;
    }
  }

  async #access(record: VaultRecord): Promise<RepositoryAccess> {
    const known = this.#keys.get(record.slug);
    if (known?.repository === record.repository) return { masterKey: known.key };
    const password = await this.#keptPassword(record.slug);
    if (password !== undefined) return { password };
    throw new VaultError(
      'vault-locked',
      `the customer holds the password of the vault of grid "${record.slug}": "gridkeep vault unlock" opens it until the server stops`,
    );
  }

  async #keptPassword(slug: string): Promise<string | undefined> {
    const row = await this.#options.host
      .tables<VaultTables>()
      .selectFrom('vaults')
      .select(['custody', 'password'])
      .where('slug', '=', slug)
      .executeTakeFirst();
    if (row?.custody !== 'kept' || row.password === null) return undefined;
    return (await this.#options.custody.open('vault password', slug, row.password)).toString('utf8');
  }

  #seal(slug: string, password: string): Promise<Buffer> {
    return this.#options.custody.seal('vault password', slug, Buffer.from(password, 'utf8'));
  }

  #targetRow(
    slug: string,
    name: string,
    position: number,
    place: VaultPlace,
    cold: VaultPlace | undefined,
    credentials: Buffer | null,
    cron: string,
  ): TargetRow {
    return {
      ...{ slug, name, position, address: place.address, cold_address: cold?.address ?? null },
      ...{ credentials, cron, created_at: this.#now() },
    };
  }

  async #change(slug: string, change: Partial<VaultRow>): Promise<void> {
    await this.#options.host
      .tables<VaultTables>()
      .updateTable('vaults')
      .set(change)
      .where('slug', '=', slug)
      .execute();
  }
}

/** All but these. Returns how many the place does not let go. */
async function removeKeys(target: Target, keep: ReadonlySet<string>): Promise<number> {
  const names: string[] = [];
  for await (const { name } of target.list('key')) if (!keep.has(name)) names.push(name);
  return (await removeKeyFiles(target, names)).length;
}
