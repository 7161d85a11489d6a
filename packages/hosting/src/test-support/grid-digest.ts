/**
 * What a grid is at a moment, as hashes: every row of every table and all bytes that rows name. Reads the database file by
 * itself, by the schema that it finds there, so that nothing a backup forgets is forgotten here too.
 */
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue } from 'node:sqlite';
import { tablesLeftOut } from '@gridkeep/grid/record-changes/record-tables';
import type { BlobStore } from '@gridkeep/storage/blobs/blob-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';

/** SHA-256 by table; `content` is that of the bytes which the rows name. */
export type GridDigest = ReadonlyMap<string, string>;

/** Columns of this name hold the hash of bytes in the blob store. */
const contentColumn = 'blob';

export interface DigestCounts {
  readonly rows: number;
  readonly contents: number;
  readonly contentBytes: number;
}

export class GridDigester {
  readonly #file: string;
  readonly #blobs: Pick<BlobStore, 'get'>;
  /** Of the bytes as they were read when they were first seen: content under an id never changes. */
  readonly #read = new Map<string, { readonly hash: string; readonly bytes: number }>();
  #counts: DigestCounts = { rows: 0, contents: 0, contentBytes: 0 };

  constructor(file: string, blobs: Pick<BlobStore, 'get'>) {
    this.#file = file;
    this.#blobs = blobs;
  }

  /** Of the last digest. */
  get counts(): DigestCounts {
    return this.#counts;
  }

  async take(): Promise<GridDigest> {
    const digest = new Map<string, string>();
    const contents = new Set<string>();
    let rows = 0;
    const database = new DatabaseSync(this.#file, { readOnly: true });
    try {
      for (const table of tablesOf(database)) {
        const lines = linesOf(database, table, contents);
        rows += lines.length;
        digest.set(table, hashOf(lines));
      }
    } finally {
      database.close();
    }
    let contentBytes = 0;
    const lines: string[] = [];
    for (const id of contents) {
      const { hash, bytes } = await this.#content(id);
      contentBytes += bytes;
      lines.push(`${id} ${hash}`);
    }
    digest.set('content', hashOf(lines.sort()));
    this.#counts = { rows, contents: contents.size, contentBytes };
    return digest;
  }

  async #content(id: string): Promise<{ readonly hash: string; readonly bytes: number }> {
    const known = this.#read.get(id);
    if (known !== undefined) return known;
    const content = await this.#blobs.get(parseBlobId(id));
    // Missing is a state, too: it must be the same afterwards.
    if (content === undefined) return { hash: 'missing', bytes: 0 };
    const found = { hash: createHash('sha256').update(content).digest('hex'), bytes: content.byteLength };
    this.#read.set(id, found);
    return found;
  }
}

/** Names of the tables in which two digests differ. */
export function differences(one: GridDigest, other: GridDigest): readonly string[] {
  const tables = new Set([...one.keys(), ...other.keys()]);
  return [...tables].filter((table) => one.get(table) !== other.get(table));
}

function hashOf(lines: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line).update('\n');
  return hash.digest('hex');
}

function tablesOf(database: DatabaseSync): readonly string[] {
  return database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !tablesLeftOut.has(name))
    .sort();
}

/** Sorted; values with their types, so that 1, 1.0 and '1' differ. */
function linesOf(database: DatabaseSync, table: string, contents: Set<string>): readonly string[] {
  const statement = database.prepare(`select * from "${table}"`);
  statement.setReadBigInts(true);
  const lines: string[] = [];
  for (const row of statement.iterate()) {
    const blob = row[contentColumn];
    if (blob instanceof Uint8Array) contents.add(Buffer.from(blob).toString('hex'));
    lines.push(JSON.stringify(Object.entries(row).map(([name, value]) => [name, typed(value)])));
  }
  return lines.sort();
}

function typed(value: SQLOutputValue): string | null {
  if (typeof value === 'bigint') return `i${value}`;
  if (typeof value === 'number') return Object.is(value, -0) ? 'r-0' : `r${value}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')}`;
  return value === null ? null : `t${value}`;
}
