/** What a repair could not bring back may still be in the grid: the next backup looks at everything, so that it is written anew. */
import { hash } from 'node:crypto';
import type { VerifyReport } from '@gridkeep/vault/verify/verify';
import type { VaultHistory } from './vault-history.ts';

const eventsLookedAt = 1000;
const runsLookedAt = 400;

/** Once for each loss: what the grid has not either stays lost, and must not cost a backup of everything every night. */
export async function noteLoss(
  history: VaultHistory,
  slug: string,
  after: Pick<VerifyReport, 'findings'>,
): Promise<void> {
  const damages = after.findings.filter(({ severity }) => severity === 'damage');
  const names = damages.map(({ kind, file, blobs }) => `${kind} ${file.kind}/${file.name} ${blobs}`);
  const loss = hash('sha256', names.sort().join('\n'));
  const events = await history.events(slug, eventsLookedAt);
  if (events.some(({ kind, detail }) => kind === 'loss' && fieldOf(detail, 'loss') === loss)) return;
  await history.addEvent(slug, {
    kind: 'loss',
    summary: `${damages.length} damages could not be repaired; the next backup looks at everything, to write anew what the grid still has`,
    detail: { loss, damages: damages.length },
  });
}

/** Whether something was lost since a backup has last looked at everything. */
export async function isHealingDue(history: VaultHistory, slug: string): Promise<boolean> {
  const lost = (await history.events(slug, eventsLookedAt)).find(({ kind }) => kind === 'loss');
  if (lost === undefined) return false;
  const runs = await history.runs(slug, { kind: 'backup', limit: runsLookedAt });
  return !runs.some(
    ({ startedAt, report }) =>
      startedAt >= lost.at &&
      fieldOf(report, 'everything') === true &&
      fieldOf(report, 'snapshot') !== undefined,
  );
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
