import { retentionOf } from '@gridkeep/hosting/vaults/care-context';
import { leastRetention, mostRetention, retentionInForce } from '@gridkeep/vault/retention/restore-points';
import type { Retention } from '@gridkeep/vault/retention/restore-points';
import Type from 'typebox';
import { CommandError, confirmationNeededCode, installationCommand } from './command.ts';
import { unlockedTenant, vaultInput, vaultSecrets, withOpenVault } from './vault-input.ts';

const periods = ['days', 'weeks', 'months'] as const;

const periodInput = (period: (typeof periods)[number]) =>
  Type.Optional(
    Type.Integer({
      description: `keep so many ${period}`,
      minimum: leastRetention[period],
      maximum: mostRetention[period],
    }),
  );

export const vaultRetention = installationCommand({
  name: 'vault retention',
  summary: 'Show how long backups are kept, or keep them longer; never shorter once there is a backup',
  examples: ['gridkeep vault retention', 'gridkeep vault retention --months 36'],
  input: Type.Object(
    {
      days: periodInput('days'),
      weeks: periodInput('weeks'),
      months: periodInput('months'),
      yes: Type.Optional(Type.Boolean({ description: 'without asking' })),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { grid } = await unlockedTenant(installation, input);
    const { now, isBound } = await withOpenVault(installation, grid.slug, async ({ record, repository }) => {
      const snapshots = await repository.listSnapshots();
      return {
        now: retentionInForce(retentionOf({ record }), snapshots),
        isBound: snapshots.length > 0,
      };
    });
    const next: Retention = {
      days: input.days ?? now.days,
      weeks: input.weeks ?? now.weeks,
      months: input.months ?? now.months,
    };
    if (periods.every((period) => next[period] === now[period]))
      return {
        data: { grid: grid.slug, retention: { ...now } },
        text: `Backups of grid "${grid.slug}" are kept for ${retentionText(now)}.`,
      };
    const shorter = periods.find((period) => next[period] < now[period]);
    if (isBound && shorter !== undefined)
      throw new CommandError(
        'bad-value',
        `${now[shorter]} ${shorter} are promised, and restore points are sealed with that: what is kept can only become more`,
      );
    if (isBound && input.yes !== true)
      throw new CommandError(
        confirmationNeededCode,
        `backups of grid "${grid.slug}" will be kept for ${retentionText(next)} instead of ${retentionText(now)}; that cannot be taken back, and takes room for as long`,
      );
    await installation.vaults.setRetention(grid.slug, next);
    return {
      data: { grid: grid.slug, retention: { ...next } },
      text: `Backups of grid "${grid.slug}" are kept for ${retentionText(next)}, from the next one on.`,
    };
  },
});

function retentionText({ days, weeks, months }: Retention): string {
  return `${days} days, ${weeks} weeks and ${months} months`;
}
