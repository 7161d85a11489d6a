/** Brings a further target of a vault up to the first one. */
import { mirror } from '@gridkeep/vault/copy/mirror';
import type { MirrorReport } from '@gridkeep/vault/copy/mirror';
import { openRepository } from '@gridkeep/vault/repository/repository';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { NoRepositoryError, RepositoryDamagedError } from '@gridkeep/vault/repository/repository-errors';
import { decideForget } from '@gridkeep/vault/retention/forget';
import { extendLocks } from '@gridkeep/vault/retention/extend-locks';
import { dayMs } from '@gridkeep/vault/retention/calendar';
import type { Target } from '@gridkeep/vault/target/target';
import { asJson } from '../json-value.ts';
import { clockOf, keptRun, retentionOf, timeAtCopy, withSharedLock } from './care-context.ts';
import type { CareContext, Looked } from './care-context.ts';
import { slicesOfData } from './verify-vault.ts';
import type { OpenVault } from './vaults.ts';

const filesListedMax = 20;

export async function copyVault(
  context: CareContext,
  open: OpenVault,
  name: string,
  { bytesPerSecond }: { readonly bytesPerSecond?: number } = {},
): Promise<Looked<MirrorReport>> {
  const { slug } = open.record;
  const { grid } = await context.tenants.tenant(slug);
  const { history } = context.vaults;
  const work = async (copy: Target): Promise<Looked<MirrorReport>> => {
    // Of a damaged copy nothing is removed: it is mended first.
    const now = await atCopy(open, copy, (repository) => timeAtCopy(context, open, repository)).catch(
      (error: unknown) => {
        if (error instanceof RepositoryDamagedError) return undefined;
        throw error;
      },
    );
    const retention = retentionOf(open);
    const turn = Math.floor(Date.now() / dayMs);
    const index = await open.repository.loadIndex();
    const report = await withSharedLock(open, context.signal, (signal) =>
      mirror(open.repository.target, copy, {
        signal,
        follow: {
          masterKey: open.repository.masterKey,
          // Decided by what the copy holds and by its clock: an emptied first target costs it nothing that was promised.
          mayForget: (snapshots) =>
            new Set(
              now === undefined
                ? []
                : decideForget(snapshots, { clock: now, retention, zone: grid.timeZone }).forget.map(
                    ({ id }) => id,
                  ),
            ),
        },
        isMetadata: (pack) =>
          index.packNumbersOf(pack).every((number) => index.pack(number).content === 'tree'),
        check: { slice: turn % slicesOfData, of: slicesOfData },
        ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
        progress: ({ bytes, bytesAll }) =>
          context.progress({ done: bytes, total: bytesAll, unit: 'bytes', message: `copying to ${name}` }),
      }),
    );
    await atCopy(open, copy, async (repository) => {
      // Begins its clock where this was the first copy.
      await timeAtCopy(context, open, repository);
      if (copy.protect !== undefined)
        await extendLocks(repository, { clock: clockOf(context, open), signal: context.signal });
    });
    return {
      value: report,
      ok: report.complete,
      summary:
        `${report.copied} files copied, ${report.present} were there, ${report.checked} read again, ${report.removed} removed` +
        `${report.complete ? '' : `; NOT COMPLETE: ${report.alarms.map((alarm) => alarm.detail).join('; ')}`}`,
      report: asJson({
        ...report,
        placeLocks: copy.protect !== undefined,
        alarms: report.alarms.map((alarm) => ({
          ...alarm,
          files: alarm.files.slice(0, filesListedMax),
          fileCount: alarm.files.length,
        })),
      }),
    };
  };
  return keptRun(
    history,
    slug,
    'copy',
    context.signal,
    async () => {
      const copy = await context.vaults.openTarget(slug, name);
      try {
        return await work(copy);
      } finally {
        await copy.close();
      }
    },
    name,
  );
}

/** Undefined where there is no copy yet. */
async function atCopy<T>(
  open: OpenVault,
  copy: Target,
  work: (repository: Repository) => Promise<T>,
): Promise<T | undefined> {
  let repository: Repository;
  try {
    repository = await openRepository(copy, { masterKey: open.repository.masterKey });
  } catch (error) {
    if (error instanceof NoRepositoryError) return undefined;
    throw error;
  }
  try {
    return await work(repository);
  } finally {
    await repository.close();
  }
}
