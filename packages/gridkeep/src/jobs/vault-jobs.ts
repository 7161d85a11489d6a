/** Looking after vaults as jobs of a grid. */
import { asJson } from '@gridkeep/hosting/json-value';
import { clockOf, keptRun, retentionOf, withVault } from '@gridkeep/hosting/vaults/care-context';
import type { CareContext, CareParts, Looked } from '@gridkeep/hosting/vaults/care-context';
import { copyVault } from '@gridkeep/hosting/vaults/copy-vault';
import { drillVault } from '@gridkeep/hosting/vaults/drill-vault';
import { careForNight } from '@gridkeep/hosting/vaults/nightly';
import { protectVault } from '@gridkeep/hosting/vaults/protect-vault';
import { pruneVault } from '@gridkeep/hosting/vaults/prune-vault';
import { takeBackup } from '@gridkeep/hosting/vaults/take-backup';
import { sliceTimes, slicesDue, slicesOfData, verifyVault } from '@gridkeep/hosting/vaults/verify-vault';
import type { VaultVerification } from '@gridkeep/hosting/vaults/verify-vault';
import type { OpenVault } from '@gridkeep/hosting/vaults/vaults';
import type { JobHandler, Json, RunningJob } from '@gridkeep/storage/jobs/jobs';
import type { Static } from 'typebox';
import { gridJob } from './grid-job.ts';
import {
  backupCertificateInputSchema,
  backupCertificateKind,
  backupCopyInputSchema,
  backupCopyKind,
  backupDrillInputSchema,
  backupDrillKind,
  backupNightInputSchema,
  backupNightKind,
  backupPruneInputSchema,
  backupPruneKind,
  backupRunInputSchema,
  backupRunKind,
  backupVerifyInputSchema,
  backupVerifyKind,
} from './vault-job-inputs.ts';

type VerifyInput = Static<typeof backupVerifyInputSchema>;

export function vaultJobHandlers(parts: CareParts): readonly JobHandler<unknown>[] {
  const contextOf = (job: RunningJob): CareContext => contextOfJob(parts, job);
  return [
    gridJob(backupRunKind, backupRunInputSchema, async (slug, input, job) => {
      const context = contextOf(job);
      const { grid } = await parts.tenants.tenant(slug);
      await parts.vaults.ensure(grid);
      return withVault(parts, slug, async (open) => {
        const backup = await takeBackup(context, open, input);
        await protectVault(context, open);
        return resultOf(backup);
      });
    }),
    gridJob(backupNightKind, backupNightInputSchema, async (slug, input, job) => {
      const night = await careForNight(contextOf(job), slug, speedOf(input.bytesPerSecond));
      const bad = night.steps.filter(({ ok }) => !ok);
      // Another try later may find the place again that did not answer.
      if (night.waits !== true && bad.some(({ step }) => step === 'backup') && job.attempt < nightAttempts)
        throw new Error(bad.map(({ step, summary }) => `${step}: ${summary}`).join('; '));
      return {
        ok: night.ok,
        summary: night.ok ? 'all is well' : bad.map(({ step, summary }) => `${step}: ${summary}`).join('; '),
        report: asJson(night.steps),
      };
    }),
    gridJob(backupPruneKind, backupPruneInputSchema, (slug, input, job) =>
      withVault(parts, slug, async (open) => {
        const context = contextOf(job);
        const pruned = await pruneVault(context, open, input);
        if (!input.dryRun) await protectVault(context, open);
        return resultOf(pruned);
      }),
    ),
    gridJob(backupVerifyKind, backupVerifyInputSchema, (slug, input, job) =>
      withVault(parts, slug, (open) => verifyAll(contextOf(job), open, input)),
    ),
    gridJob(backupDrillKind, backupDrillInputSchema, (slug, input, job) =>
      withVault(parts, slug, async (open) =>
        resultOf(
          await drillVault(contextOf(job), open, {
            ...(input.at === null ? {} : { at: input.at }),
            ...(input.residents === null ? {} : { residents: input.residents }),
            ...(input.regions === null ? {} : { regions: input.regions }),
            ...(input.assets === null ? {} : { assets: input.assets }),
            fetch: input.fetch,
          }),
        ),
      ),
    ),
    gridJob(backupCopyKind, backupCopyInputSchema, (slug, input, job) =>
      withVault(parts, slug, async (open) =>
        resultOf(await copyVault(contextOf(job), open, input.target, speedOf(input.bytesPerSecond))),
      ),
    ),
    gridJob(backupCertificateKind, backupCertificateInputSchema, (slug, _input, job) =>
      withVault(parts, slug, async (open) => resultOf(await certify(contextOf(job), open))),
    ),
  ];
}

/** As many as a job has tries: the last one reports what it could do. */
const nightAttempts = 3;

export function contextOfJob(parts: CareParts, job: RunningJob): CareContext {
  return { ...parts, signal: job.signal, progress: (progress) => job.progress(progress) };
}

function resultOf(looked: Looked<unknown>): Json {
  return { ok: looked.ok, summary: looked.summary, report: looked.report };
}

function speedOf(bytesPerSecond: number | null): { readonly bytesPerSecond?: number } {
  return bytesPerSecond === null ? {} : { bytesPerSecond };
}

async function verifyAll(context: CareContext, open: OpenVault, input: VerifyInput): Promise<Json> {
  const { history } = context.vaults;
  const { slug } = open.record;
  const wish = { repair: input.repair, fetch: input.fetch, ...speedOf(input.bytesPerSecond) };
  const looked: Looked<VaultVerification>[] = [await verifyVault(context, open, { data: 'none', ...wish })];
  let slices = input.data === 'slice' ? await slicesDue(history, slug, 1) : [];
  if (input.data === 'all') {
    // A slice that was read by an earlier try of this job is not read again.
    const times = await sliceTimes(history, slug, false);
    slices = Array.from({ length: slicesOfData }, (_, slice) => ({ slice, of: slicesOfData })).filter(
      ({ slice }) => (times.get(slice) ?? 0) < input.since,
    );
  }
  for (const data of slices) looked.push(await verifyVault(context, open, { data, ...wish }));
  const values = looked.map(({ value }) => value);
  const sum = (of: (value: VaultVerification) => number): number =>
    values.reduce((total, value) => total + of(value), 0);
  const ok = looked.every((one) => one.ok);
  const bad = looked.find((one) => !one.ok);
  return asJson({
    ok,
    summary:
      bad?.summary ??
      (looked.length === 1
        ? looked[0]?.summary
        : `structure and ${looked.length - 1} slices of the data: sound`),
    report: {
      sound: ok,
      ...{ snapshots: values[0]?.snapshots, packs: values[0]?.packs, blobs: values[0]?.blobs },
      packsRead: sum((value) => value.packsRead),
      bytesRead: sum((value) => value.bytesRead),
      coldPacks: sum((value) => value.cold?.packs ?? 0),
      coldBytes: sum((value) => value.cold?.bytes ?? 0),
      coldPlace: values.find(({ cold }) => cold !== null)?.cold?.place ?? null,
      findings: values.flatMap((value) => value.findings).slice(0, listedMax),
      findingCount: sum((value) => value.findingCount),
      repaired: sum((value) => value.repaired),
      lost: values.flatMap((value) => value.lost).slice(0, listedMax),
      allReadSince: values.at(-1)?.allReadSince ?? null,
    },
  });
}

const listedMax = 200;

function certify(context: CareContext, open: OpenVault): Promise<Looked<undefined>> {
  const { slug, targets } = open.record;
  return keptRun(context.vaults.history, slug, 'certificate', context.signal, async () => {
    const { grid } = await context.tenants.tenant(slug);
    const certificate = await context.certificates.issue({
      grid,
      repository: open.repository,
      time: await clockOf(context, open).sample(),
      retention: retentionOf(open),
      targets: targets.length,
    });
    const { month, restorePoints } = certificate.statement;
    return {
      value: undefined,
      ok: true,
      summary: `certificate of ${month}: ${restorePoints.length} restore points`,
      report: { month },
    };
  });
}
