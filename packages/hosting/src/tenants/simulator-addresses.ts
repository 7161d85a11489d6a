/**
 * From where simulators have shown their credential. Some calls of regions come without one (profiles, removal of map
 * tiles); they count as a simulator's when their address is one of these.
 */
import type { Database, Migration } from '@gridkeep/storage/database/database';
import { addressNetwork } from '@gridkeep/grid/network-address';
import { parseGridSlug } from './grid.ts';
import type { GridSlug } from './grid.ts';

interface AddressRow {
  readonly slug: string;
  /** Empty where the host lets simulators in without a credential. */
  readonly name: string;
  readonly address: string;
  readonly last_seen: number;
}

interface Tables {
  readonly simulator_addresses: AddressRow;
  /** Of `Simulators`. */
  readonly simulators: { readonly name: string; readonly slug: string };
}

export const simulatorAddressMigrations: readonly Migration[] = [
  {
    name: 'simulator-addresses-1',
    statements: (types) => [
      `CREATE TABLE simulator_addresses (
        slug ${types.text} NOT NULL,
        name ${types.text} NOT NULL,
        address ${types.text} NOT NULL,
        last_seen ${types.integer} NOT NULL,
        PRIMARY KEY (slug, name, address)
      )${types.strict}`,
    ],
  },
];

export interface SimulatorAddress {
  readonly grid: GridSlug;
  /** Empty for one that was let in without a credential. */
  readonly name: string;
  readonly address: string;
  /** Unix milliseconds; up to a minute older than the truth. */
  readonly lastSeen: number;
}

const topic = 'simulator-addresses';
/** How often one address of one simulator is written down, in milliseconds. */
const writeEveryMs = 60_000;
/** Other processes hear of an address again when it was last written so long ago. */
const announceAfterMs = 3_600_000;
/** How long an address stands for its simulator after the last request with a credential. */
export const addressValidMs = 24 * 3_600_000;
/** How long it is listed. */
const keptMs = 30 * 24 * 3_600_000;
/** Of simulator and address pairs whose last write is remembered. */
const writtenMax = 10_000;

type Known = ReadonlyMap<string, readonly SimulatorAddress[]>;

export class SimulatorAddresses {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  /** When each pair was last written by this process. */
  readonly #written = new Map<string, number>();
  readonly #writing = new Set<Promise<void>>();
  readonly #stopListening: () => void;
  /** By network; undefined: to be read again. */
  #known: Known | undefined;
  #changes = 0;

  constructor(
    database: Database,
    { now = Date.now, onError = () => {} }: { now?: () => number; onError?: (error: unknown) => void } = {},
  ) {
    this.#database = database;
    this.#now = now;
    this.#onError = onError;
    this.#stopListening = database.onChange((changed) => {
      if (changed === undefined || changed === topic) this.#forget();
    });
  }

  /** Notes that the simulator asked from there; cheap, and writes at most once a minute for each pair. */
  seen(grid: string, name: string, address: string): void {
    const key = `${grid} ${name} ${address}`;
    const now = this.#now();
    const before = this.#written.get(key);
    if (before !== undefined && now - before < writeEveryMs) return;
    if (this.#written.size >= writtenMax) this.#written.clear();
    this.#written.set(key, now);
    const writing = this.#write({ slug: grid, name, address, last_seen: now })
      .catch((error: unknown) => {
        this.#written.delete(key);
        this.#onError(error);
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Whether a simulator of that grid asked from that network in the last day. */
  isOf(grid: string, address: string, options: { readonly open: boolean }): boolean | Promise<boolean> {
    const among = (known: Known): boolean =>
      this.#valid(known, address).some((one) => one.grid === grid && (options.open || one.name !== ''));
    const known = this.#remembered();
    return known === undefined || this.#writing.size > 0 ? this.#latest().then(among) : among(known);
  }

  /** The simulators, of any grid, that asked from that network in the last day. */
  async at(address: string): Promise<readonly SimulatorAddress[]> {
    return this.#valid(await this.#latest(), address);
  }

  /** The addresses of a grid's simulators, latest first. */
  async list(grid: GridSlug): Promise<readonly SimulatorAddress[]> {
    const rows = await this.#database
      .tables<Tables>()
      .selectFrom('simulator_addresses')
      .selectAll()
      .where('slug', '=', grid)
      .orderBy('last_seen', 'desc')
      .execute();
    return rows.map(addressOfRow);
  }

  /** A credential that ended takes its addresses with it. */
  async forget(grid: GridSlug, name: string): Promise<void> {
    for (const key of this.#written.keys()) if (key.startsWith(`${grid} ${name} `)) this.#written.delete(key);
    // A write that is under way must not bring the address back.
    await Promise.all(this.#writing);
    await this.#database
      .tables<Tables>()
      .deleteFrom('simulator_addresses')
      .where('slug', '=', grid)
      .where('name', '=', name)
      .execute();
    this.#database.announce(topic);
  }

  /** Waits for writes that are under way. */
  async close(): Promise<void> {
    this.#stopListening();
    await Promise.all(this.#writing);
  }

  #remembered(): Known | undefined {
    return this.#database.hearsOthers ? this.#known : undefined;
  }

  #valid(known: Known, address: string): readonly SimulatorAddress[] {
    const after = this.#now() - addressValidMs;
    return (known.get(addressNetwork(address)) ?? []).filter((one) => one.lastSeen > after);
  }

  async #write(row: AddressRow): Promise<void> {
    const tables = this.#database.tables<Tables>();
    const before = await tables
      .selectFrom('simulator_addresses')
      .select('last_seen')
      .where('slug', '=', row.slug)
      .where('name', '=', row.name)
      .where('address', '=', row.address)
      .executeTakeFirst();
    await tables
      .insertInto('simulator_addresses')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['slug', 'name', 'address']).doUpdateSet({ last_seen: row.last_seen }),
      )
      .execute();
    if (before !== undefined && row.last_seen - before.last_seen < announceAfterMs) return;
    await tables
      .deleteFrom('simulator_addresses')
      .where('last_seen', '<', row.last_seen - keptMs)
      .execute();
    this.#database.announce(topic);
  }

  /** With what this process is writing just now. */
  async #latest(): Promise<Known> {
    await Promise.all(this.#writing);
    return this.#remembered() ?? this.#read();
  }

  async #read(): Promise<Known> {
    const changes = this.#changes;
    const rows = await this.#database
      .tables<Tables>()
      .selectFrom('simulator_addresses')
      .selectAll()
      .where('last_seen', '>', this.#now() - addressValidMs)
      // A process that has not yet heard of a revocation may write an address once more.
      .where((row) =>
        row.or([
          row('simulator_addresses.name', '=', ''),
          row.exists(
            row
              .selectFrom('simulators')
              .select('simulators.name')
              .whereRef('simulators.name', '=', 'simulator_addresses.name')
              .whereRef('simulators.slug', '=', 'simulator_addresses.slug'),
          ),
        ]),
      )
      .execute();
    const known: Known = Map.groupBy(rows.map(addressOfRow), (one) => addressNetwork(one.address));
    if (changes === this.#changes) this.#known = known;
    return known;
  }

  #forget(): void {
    this.#changes += 1;
    this.#known = undefined;
  }
}

function addressOfRow(row: AddressRow): SimulatorAddress {
  return { grid: parseGridSlug(row.slug), name: row.name, address: row.address, lastSeen: row.last_seen };
}
