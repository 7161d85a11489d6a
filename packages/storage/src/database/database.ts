/** The contract of record storage: one database per grid (a SQLite file or a PostgreSQL schema), the same queries on both. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Kysely } from 'kysely';

export type DialectName = 'sqlite' | 'postgres';

/** How a UUID stands in a column: 16 bytes in SQLite, text of the native type in PostgreSQL. */
export type StoredUuid = Uint8Array | string;

/** What queries are made of; a Database or a transaction on it. Stores take this and never ask which. */
export interface Queries {
  readonly dialect: DialectName;
  /** The query builder, typed with the tables a store owns. Integers arrive as numbers, byte columns as Uint8Array. */
  tables<Tables>(): Kysely<Tables>;
  /** For parameters of uuid columns. */
  uuid(id: Uuid): StoredUuid;
  /**
   * Tells whoever keeps something of this database in memory, in every process, that what `topic` names has changed: in a
   * transaction once it is committed, outside of one at once (so after the write). At most 200 printable ASCII characters.
   */
  announce(topic: string): void;
}

export interface TransactionOptions {
  /** How often the work is done again after a SerializationError or DatabaseBusyError; it must then bear that. Default 0. */
  readonly retries?: number;
}

export interface Database extends Queries {
  /**
   * All or nothing, serializable against other transactions. The first statement that fails ends it: later ones are
   * refused and nothing is kept, even when the work catches the error. While it runs, the work uses only the `queries`
   * handed to it: writing through the Database itself is refused.
   */
  transaction<T>(work: (queries: Queries) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Reads only, all at one point in time, streams included; holds nobody up, however long it takes. The work uses the
   * `queries` handed to it; a write through them throws.
   */
  snapshot<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /**
   * Calls back for every topic announced by this or another process, before the announcing transaction's promise resolves
   * when it is this one. Undefined: announcements may have been missed, so everything kept must be forgotten. Returns an end.
   */
  onChange(listener: (topic: string | undefined) => void): () => void;
  /**
   * False while announcements of other processes do not arrive here, on PostgreSQL without a connection to listen on:
   * nothing may then be kept in memory. Becomes true before listeners are told undefined.
   */
  readonly hearsOthers: boolean;
  /** Runs those migrations that this database has not seen, each once, in order; several processes may call it at once. */
  migrate(migrations: readonly Migration[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Column types and table endings that differ between the databases. Booleans are `integer` 0 or 1, times Unix milliseconds. */
export interface ColumnTypes {
  readonly uuid: string;
  /** Raw bytes; a blob id stands as its 32 bytes. */
  readonly bytes: string;
  readonly text: string;
  /** 64 bits. */
  readonly integer: string;
  readonly real: string;
  /** Primary key that counts up by itself. */
  readonly serial: string;
  /** ' STRICT' where the database has it, to put after the closing parenthesis of CREATE TABLE. */
  readonly strict: string;
}

/** Forward only and never edited once released; `name` is '<service>-<number>', for example 'inventory-1'. */
export interface Migration {
  readonly name: string;
  readonly statements: (types: ColumnTypes) => readonly string[];
}
