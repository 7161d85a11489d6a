/** What was done with a vault: the result of every run, and a trail of what was taken away or put back. */
import type { Database } from '@gridkeep/storage/database/database';
import type { Json } from '@gridkeep/storage/jobs/jobs';
import type { RunRow, VaultTables } from './vault-tables.ts';

export const runKinds = [
  'backup',
  'prune',
  'parity',
  'verify',
  /** All data in slices. */
  'verify-data',
  'drill',
  'copy',
  'certificate',
] as const;
export type RunKind = (typeof runKinds)[number];

export interface VaultRun {
  readonly kind: RunKind;
  /** Name of a target; '' where that says nothing. */
  readonly target: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly ok: boolean;
  /** One sentence. */
  readonly summary: string;
  readonly report: Json;
}

export type EventKind =
  | 'init'
  | 'adopt'
  | 'target-add'
  | 'target-remove'
  | 'password-changed'
  | 'password-shown'
  | 'unlock'
  | 'prune'
  | 'restore'
  | 'repair'
  | 'loss'
  | 'erase-asked'
  | 'erase-withdrawn'
  | 'erase'
  | 'retention';

export interface VaultEvent {
  /** Unix milliseconds. */
  readonly at: number;
  readonly kind: EventKind;
  readonly summary: string;
  readonly detail: Json;
}

/** Runs kept for each kind and target of a vault: two years of nights. */
const runsKept = 800;
const summaryCharactersMax = 1000;
const reportCharactersMax = 200_000;

export class VaultHistory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async addRun(slug: string, run: VaultRun): Promise<void> {
    const report = JSON.stringify(run.report);
    const tables = this.#database.tables<VaultTables>();
    const { id } = await tables
      .insertInto('vault_runs')
      .values({
        slug,
        kind: run.kind,
        target: run.target,
        started_at: run.startedAt,
        ended_at: run.endedAt,
        ok: run.ok ? 1 : 0,
        summary: run.summary.slice(0, summaryCharactersMax),
        report: report.length > reportCharactersMax ? '{"tooLong":true}' : report,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const oldest = await tables
      .selectFrom('vault_runs')
      .select('id')
      .where('slug', '=', slug)
      .where('kind', '=', run.kind)
      .where('target', '=', run.target)
      .where('id', '<=', id)
      .orderBy('id', 'desc')
      .offset(runsKept)
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) return;
    await tables
      .deleteFrom('vault_runs')
      .where('slug', '=', slug)
      .where('kind', '=', run.kind)
      .where('target', '=', run.target)
      .where('id', '<=', oldest.id)
      .execute();
  }

  /** The newest first. */
  async runs(
    slug: string,
    filter: { readonly kind?: RunKind; readonly target?: string; readonly limit?: number } = {},
  ): Promise<readonly VaultRun[]> {
    let query = this.#database
      .tables<VaultTables>()
      .selectFrom('vault_runs')
      .selectAll()
      .where('slug', '=', slug)
      .orderBy('id', 'desc')
      .limit(filter.limit ?? 100);
    if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
    if (filter.target !== undefined) query = query.where('target', '=', filter.target);
    return (await query.execute()).flatMap(runOfRow);
  }

  /** The newest of a kind; with `ok` the newest that went well. */
  async latest(
    slug: string,
    kind: RunKind,
    { ok, target }: { readonly ok?: boolean; readonly target?: string } = {},
  ): Promise<VaultRun | undefined> {
    let query = this.#database
      .tables<VaultTables>()
      .selectFrom('vault_runs')
      .selectAll()
      .where('slug', '=', slug)
      .where('kind', '=', kind)
      .orderBy('id', 'desc')
      .limit(1);
    if (ok !== undefined) query = query.where('ok', '=', ok ? 1 : 0);
    if (target !== undefined) query = query.where('target', '=', target);
    const row = await query.executeTakeFirst();
    return row === undefined ? undefined : runOfRow(row)[0];
  }

  async addEvent(slug: string, event: Omit<VaultEvent, 'at'> & { readonly at?: number }): Promise<void> {
    await this.#database
      .tables<VaultTables>()
      .insertInto('vault_events')
      .values({
        slug,
        at: event.at ?? Date.now(),
        kind: event.kind,
        summary: event.summary.slice(0, summaryCharactersMax),
        detail: JSON.stringify(event.detail),
      })
      .execute();
  }

  /** The newest first. */
  async events(slug: string, limit = 100): Promise<readonly VaultEvent[]> {
    const rows = await this.#database
      .tables<VaultTables>()
      .selectFrom('vault_events')
      .selectAll()
      .where('slug', '=', slug)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.flatMap((row) =>
      isEventKind(row.kind)
        ? [{ at: row.at, kind: row.kind, summary: row.summary, detail: parseJson(row.detail) }]
        : [],
    );
  }
}

/** None for the row of a version that knows other kinds. */
function runOfRow(row: Omit<RunRow, 'id'>): readonly VaultRun[] {
  const kind = runKinds.find((one) => one === row.kind);
  if (kind === undefined) return [];
  return [
    {
      kind,
      target: row.target,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      ok: row.ok === 1,
      summary: row.summary,
      report: parseJson(row.report),
    },
  ];
}

const eventKinds: ReadonlySet<string> = new Set<EventKind>([
  'init',
  'adopt',
  'target-add',
  'target-remove',
  'password-changed',
  'password-shown',
  'unlock',
  'prune',
  'restore',
  'repair',
  'loss',
  'erase-asked',
  'erase-withdrawn',
  'erase',
  'retention',
]);

function isEventKind(text: string): text is EventKind {
  return eventKinds.has(text);
}

function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}
