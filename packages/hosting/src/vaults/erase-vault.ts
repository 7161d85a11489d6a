/** Makes a vault unreadable by destroying its keys, once no restore point in it is locked any more. */
import { openRepository } from '@gridkeep/vault/repository/repository';
import { NoRepositoryError } from '@gridkeep/vault/repository/repository-errors';
import { lastLockEnds } from '@gridkeep/vault/retention/restore-points';
import type { FileKind, Target } from '@gridkeep/vault/target/target';
import { timeAtCopy } from './care-context.ts';
import type { CareParts } from './care-context.ts';
import { VaultError } from './vault-error.ts';
import type { OpenVault } from './vaults.ts';

type EraseContext = Pick<CareParts, 'vaults' | 'clocks'>;

/**
 * Vault milliseconds until which the last restore point at any target is locked; undefined when none is. Infinity: not known to
 * end. Each target is asked: one that was emptied says nothing of the others.
 */
async function lockedUntil(context: EraseContext, open: OpenVault): Promise<number | undefined> {
  const ends: number[] = [];
  for (const { name } of open.record.targets) {
    const target = await context.vaults.openTarget(open.record.slug, name);
    try {
      const repository = await openRepository(target, { masterKey: open.repository.masterKey });
      try {
        const now = await timeAtCopy(context, open, repository);
        const end = lastLockEnds(await repository.listSnapshots(), now);
        if (end !== undefined) ends.push(end);
      } finally {
        await repository.close();
      }
    } catch (error) {
      // Nothing was copied there yet, or an erasure that was interrupted took its keys.
      if (!(error instanceof NoRepositoryError)) throw error;
    } finally {
      await target.close();
    }
  }
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Throws a VaultError while anything is locked, at the first target or by a place itself; what was not done then waits. */
export async function eraseVault(context: EraseContext, open: OpenVault): Promise<void> {
  const { slug, targets, eraseAskedAt } = open.record;
  if (eraseAskedAt === undefined)
    throw new VaultError('bad-value', `nobody asked that the vault of grid "${slug}" be erased`);
  const lock = await open.repository.lock('exclusive');
  try {
    const until = await lockedUntil(context, open);
    if (until !== undefined)
      throw new VaultError(
        'still-locked',
        `restore points of grid "${slug}" are locked until ${Number.isFinite(until) ? new Date(until).toISOString().slice(0, 10) : 'a time that cannot be read'}: the vault is erased then`,
      );
    // Parity could bring the keys back, so it goes first; copies go before the first target, which knows the locks.
    for (const { name } of targets.toReversed()) {
      const target = await context.vaults.openTarget(slug, name);
      try {
        for (const kind of ['parity', 'state', 'key', 'config'] as const) await removeAll(target, kind);
      } finally {
        await target.close();
      }
    }
  } finally {
    // Sealing still works with the key in memory; the lock file goes like everything else.
    await lock.release();
  }
  await context.vaults.noteErased(slug);
  await context.vaults.history.addEvent(slug, {
    kind: 'erase',
    summary: `the keys were destroyed at ${targets.length} targets: the vault cannot be read any more`,
    detail: targets.map(({ address }) => address),
  });
}

async function removeAll(target: Target, kind: FileKind): Promise<void> {
  const names: string[] = [];
  for await (const { name } of target.list(kind)) names.push(name);
  for (const name of names) await target.remove(kind, name);
}
