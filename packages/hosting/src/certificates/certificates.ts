/** The certificates of grids: one for each month, the last of a month counts. */
import { createHash } from 'node:crypto';
import type { Database, Migration } from '@gridkeep/storage/database/database';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { Calendar, pointKinds } from '@gridkeep/vault/retention/calendar';
import { readRestorePoint, retentionInForce } from '@gridkeep/vault/retention/restore-points';
import type { Retention } from '@gridkeep/vault/retention/restore-points';
import type { VaultTime } from '@gridkeep/vault/retention/vault-time';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import type { Grid } from '../tenants/grid.ts';
import type { VaultHistory, VaultRun } from '../vaults/vault-history.ts';
import { formatCertificate, parseCertificate, signStatement } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { SigningKey } from './signing-key.ts';
import { canonicalBytes, certificateFormat, rootOfPoints } from './statement.ts';
import type { CertifiedLook, CertifiedPoint, Statement } from './statement.ts';

interface Tables {
  readonly certificates: {
    readonly slug: string;
    readonly month: string;
    readonly issued_at: number;
    readonly document: string;
  };
}

export const certificateMigrations: readonly Migration[] = [
  {
    name: 'certificates-1',
    statements: (types) => [
      `CREATE TABLE certificates (
        slug ${types.text} NOT NULL,
        month ${types.text} NOT NULL,
        issued_at ${types.integer} NOT NULL,
        document ${types.text} NOT NULL,
        PRIMARY KEY (slug, month)
      )${types.strict}`,
    ],
  },
];

export interface IssueContext {
  readonly grid: Grid;
  readonly repository: Pick<Repository, 'id' | 'listSnapshots'>;
  readonly time: VaultTime;
  readonly retention: Partial<Retention>;
  readonly targets: number;
}

export class Certificates {
  readonly #database: Database;
  readonly #key: SigningKey;
  readonly #history: VaultHistory;

  constructor(database: Database, key: SigningKey, history: VaultHistory) {
    this.#database = database;
    this.#key = key;
    this.#history = history;
  }

  /** States what is in the vault now; takes the place of an earlier one of the same month. */
  async issue(context: IssueContext, now = Date.now()): Promise<Certificate> {
    const { grid, repository, time, targets } = context;
    const snapshots = await repository.listSnapshots();
    const month = new Calendar(grid.timeZone).period('month', now);
    const restorePoints = pointsOf(snapshots);
    const retention = retentionInForce(context.retention, snapshots);
    const before = await this.#before(grid.slug, month);
    const dataRead = await this.#history.latest(grid.slug, 'verify-data', { ok: true });
    const statement: Statement = {
      format: certificateFormat,
      grid: { id: grid.id, slug: grid.slug, name: grid.name },
      month,
      timeZone: grid.timeZone,
      issuedAt: instant(now),
      repository: repository.id,
      vaultTime: instant(time.now),
      retention,
      targets,
      restorePoints: [...restorePoints],
      merkleRoot: rootOfPoints(restorePoints),
      lastVerify: lookOf(await this.#history.latest(grid.slug, 'verify')),
      lastDrill: lookOf(await this.#history.latest(grid.slug, 'drill')),
      dataReadSince: sinceOf(dataRead),
      previous:
        before === undefined
          ? null
          : createHash('sha256').update(canonicalBytes(before.statement)).digest('hex'),
    };
    const certificate = signStatement(statement, await this.#key.privateKey());
    const row = { issued_at: now, document: formatCertificate(certificate) };
    await this.#database
      .tables<Tables>()
      .insertInto('certificates')
      .values({ slug: grid.slug, month, ...row })
      .onConflict((conflict) => conflict.columns(['slug', 'month']).doUpdateSet(row))
      .execute();
    return certificate;
  }

  /** That of the month, or the newest. */
  async find(slug: string, month?: string): Promise<Certificate | undefined> {
    let query = this.#database
      .tables<Tables>()
      .selectFrom('certificates')
      .select('document')
      .where('slug', '=', slug)
      .orderBy('month', 'desc')
      .limit(1);
    if (month !== undefined) query = query.where('month', '=', month);
    const row = await query.executeTakeFirst();
    return row === undefined ? undefined : parseCertificate(row.document);
  }

  /** The newest first. */
  async list(slug: string): Promise<readonly { readonly month: string; readonly issuedAt: number }[]> {
    const rows = await this.#database
      .tables<Tables>()
      .selectFrom('certificates')
      .select(['month', 'issued_at'])
      .where('slug', '=', slug)
      .orderBy('month', 'desc')
      .execute();
    return rows.map((row) => ({ month: row.month, issuedAt: row.issued_at }));
  }

  async #before(slug: string, month: string): Promise<Certificate | undefined> {
    const row = await this.#database
      .tables<Tables>()
      .selectFrom('certificates')
      .select('document')
      .where('slug', '=', slug)
      .where('month', '<', month)
      .orderBy('month', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : parseCertificate(row.document);
  }
}

function pointsOf(snapshots: readonly StoredSnapshot[]): readonly CertifiedPoint[] {
  return snapshots.flatMap((snapshot) => {
    const point = readRestorePoint(snapshot);
    if (typeof point === 'string') return [];
    return [
      {
        snapshot: snapshot.id,
        tree: snapshot.tree,
        time: instant(snapshot.time),
        lockedUntil: point.lockedUntil === undefined ? null : instant(point.lockedUntil),
        pointOf: pointKinds.filter((kind) => point.points.has(kind)),
      },
    ];
  });
}

function lookOf(run: VaultRun | undefined): CertifiedLook | null {
  if (run === undefined) return null;
  // Control characters are written differently by different tools.
  const summary = run.summary.toWellFormed().replaceAll(/\p{Cc}/gu, ' ');
  return { at: instant(run.endedAt), ok: run.ok, summary };
}

/** Slices of data are read in turn; a run's report says since when all of them were. */
function sinceOf(run: VaultRun | undefined): string | null {
  const { report } = run ?? { report: null };
  if (typeof report !== 'object' || report === null || !('allReadSince' in report)) return null;
  return typeof report.allReadSince === 'number' ? instant(report.allReadSince) : null;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
