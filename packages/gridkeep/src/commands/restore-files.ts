/** A restore without a grid: the files of a backup in a folder, for who wants to look at them or take them elsewhere. */
import { localMinute } from '@gridkeep/hosting/vaults/choose-snapshot';
import type { Installation } from '../installation/installation.ts';
import { backupRestoreFolderKind, vaultJobResultSchema } from '../jobs/vault-job-inputs.ts';
import type { BackupRestoreFolderInput, VaultJobResult } from '../jobs/vault-job-inputs.ts';
import { CommandError, confirmationNeededCode } from './command.ts';
import type { Outcome, Report } from './command.ts';
import { fetchLines, fetchNeeded } from './fetch-texts.ts';
import { formatBytes } from './format.ts';
import { numberField, objectsField, reportText } from './report-fields.ts';
import { mayFetch } from './restore-source.ts';
import type { RestoreSource, SourceWish } from './restore-source.ts';
import { runJob } from './run-job.ts';

export async function restoreFiles(
  installation: Installation,
  report: Report,
  input: SourceWish & { readonly into: string; readonly dryRun?: boolean },
  { foreign, ofGrid, snapshot, zone, isCold, found }: RestoreSource,
): Promise<Outcome> {
  const job: BackupRestoreFolderInput = {
    ...{ foreign, ofGrid, snapshot: snapshot.id, into: input.into },
    path: (found?.path ?? '').split('/').filter((name) => name !== ''),
    fetch: mayFetch(input),
    dryRun: false,
  };
  const run = (dryRun: boolean): Promise<VaultJobResult> =>
    runJob(installation, report, vaultJobResultSchema, {
      ...{ kind: backupRestoreFolderKind, input: { ...job, dryRun } },
    });
  const what = `${found === undefined ? 'everything' : JSON.stringify(found.path)} as of ${localMinute(snapshot.time, zone)} (${zone})`;
  if (input.dryRun === true) {
    const would = await run(true);
    const bytes = formatBytes(numberField(would.report, 'bytes') ?? 0);
    return {
      data: { ...would },
      text: [
        `Writing ${what} into ${input.into} would read ${bytes} from ${numberField(would.report, 'packs') ?? 0} packs.`,
        ...fetchLines(would),
      ].join('\n'),
    };
  }
  if (isCold && !job.fetch) {
    const [needed] = fetchNeeded(await run(true));
    if (needed !== undefined) throw new CommandError(confirmationNeededCode, `writing ${what} ${needed}`);
  }
  const done = await run(false);
  return {
    exitCode: done.ok ? 0 : 1,
    data: { ...done },
    text: [
      `${numberField(done.report, 'files') ?? 0} files (${formatBytes(numberField(done.report, 'bytes') ?? 0)}) in ${numberField(done.report, 'folders') ?? 0} folders are in ${input.into}: ${what}.`,
      ...objectsField(done.report, 'failed').map(
        (one) => `LOST: ${reportText(one, 'path')}: ${reportText(one, 'reason')}`,
      ),
    ].join('\n'),
  };
}
