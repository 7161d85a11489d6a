/** Parity over the files of a vault, from which damage is repaired. */
import { updateParity } from '@gridkeep/vault/parity/protect';
import type { ProtectReport } from '@gridkeep/vault/parity/protect';
import { asJson } from '../json-value.ts';
import { keptRun, withSharedLock } from './care-context.ts';
import type { CareContext, Looked } from './care-context.ts';
import type { OpenVault } from './vaults.ts';

/** Two at once on one vault would undo each other's work. */
const turns = new WeakMap<object, Map<string, Promise<unknown>>>();

/** Undefined where the vault has no parity. */
export async function protectVault(
  context: CareContext,
  open: OpenVault,
): Promise<Looked<ProtectReport> | undefined> {
  const { slug, parityPercent } = open.record;
  if (parityPercent === 0) return undefined;
  return inTurn(context.vaults, slug, () =>
    keptRun(context.vaults.history, slug, 'parity', context.signal, () =>
      withSharedLock(open, context.signal, async (signal) => {
        const report = await updateParity(open.repository.target, {
          overhead: parityPercent / 100,
          signal,
          progress: ({ bytesRead, bytesAll }) =>
            context.progress({ done: bytesRead, total: bytesAll, unit: 'bytes', message: 'parity' }),
        });
        return {
          value: report,
          ok: report.damaged.length === 0,
          summary:
            `${report.files} files protected` +
            `${report.damaged.length === 0 ? '' : `, ${report.damaged.length} of them damaged or lost: verify repairs them`}` +
            `${report.cold === 0 ? '' : `, ${report.cold} cold ones not`}`,
          report: asJson({ ...report, damaged: report.damaged.length }),
        };
      }),
    ),
  );
}

async function inTurn<T>(owner: object, slug: string, work: () => Promise<T>): Promise<T> {
  const bySlug = turns.get(owner) ?? new Map<string, Promise<unknown>>();
  turns.set(owner, bySlug);
  const before = bySlug.get(slug) ?? Promise.resolve();
  const mine = before.then(work, work);
  bySlug.set(
    slug,
    mine.catch(() => undefined),
  );
  return mine;
}
