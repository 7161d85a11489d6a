/** Brings a further target of a vault up to the first one. */
import { mirror } from '@gridkeep/vault/copy/mirror';
import type { MirrorReport } from '@gridkeep/vault/copy/mirror';
import { openRepository } from '@gridkeep/vault/repository/repository';
import { decideForget } from '@gridkeep/vault/retention/forget';
import { extendLocks } from '@gridkeep/vault/retention/extend-locks';
import type { Target } from '@gridkeep/vault/target/target';
import { asJson } from '../json-value.ts';
import { clockOf, keptRun, retentionOf, withSharedLock } from './care-context.ts';
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
    const clock = clockOf(context, open);
    const { now } = await clock.sample();
    const retention = retentionOf(open);
    const turn = (await history.runs(slug, { kind: 'copy', target: name, limit: 1000 })).length;
    const index = await open.repository.loadIndex();
    const report = await withSharedLock(open, context.signal, (signal) =>
      mirror(open.repository.target, copy, {
        signal,
        follow: {
          masterKey: open.repository.masterKey,
          // Decided by what the copy holds: an emptied first target costs it nothing that was promised.
          mayForget: (snapshots) =>
            new Set(
              decideForget(snapshots, { clock: now, retention, zone: grid.timeZone }).forget.map(
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
    if (copy.protect !== undefined) await lockCopy(context, open, copy);
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

async function lockCopy(context: CareContext, open: OpenVault, copy: Target): Promise<void> {
  const repository = await openRepository(copy, { masterKey: open.repository.masterKey });
  try {
    await extendLocks(repository, { clock: clockOf(context, open), signal: context.signal });
  } finally {
    await repository.close();
  }
}
