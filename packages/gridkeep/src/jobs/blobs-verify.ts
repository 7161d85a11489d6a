/** Reads and hashes every blob, and says which assets a damage hits. */
import { tryParseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Damage, MaintainedBlobStore, VerifyCursor } from '@gridkeep/storage/blobs/maintenance';
import type { Database } from '@gridkeep/storage/database/database';
import type { JobHandler } from '@gridkeep/storage/jobs/jobs';
import type { Uuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import type { GridTenants } from '../installation/grid-tenants.ts';
import { blobsVerifyKind } from './blobs-job-results.ts';
import type { verifyResultSchema } from './blobs-job-results.ts';
import { parseJobInput } from './job-input.ts';
import { usersOfBlob } from './lost-content.ts';
import { damagesListedMax, forgetVerifyState, loadVerifyState, saveVerifyState } from './verify-state.ts';
import type { ListedDamage, VerifyState } from './verify-state.ts';

const inputSchema = Type.Object({
  /** Bytes read in a second at most; null for as fast as the disk. */
  bytesPerSecondMax: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()]),
});

type VerifyResult = Type.Static<typeof verifyResultSchema>;

const saveEveryMs = 5_000;

export interface VerifyParts {
  readonly blobs: MaintainedBlobStore;
  readonly tenants: GridTenants;
  readonly host: Database;
}

export function blobsVerifyHandler(parts: VerifyParts): JobHandler<Type.Static<typeof inputSchema>> {
  return {
    kind: blobsVerifyKind,
    attemptsMax: 5,
    parse: (input) => parseJobInput(inputSchema, input),
    run: async (input, job) => {
      const before = await loadVerifyState(parts.host, job.id);
      const run = new VerifyRun(parts.host, job.id, before);
      const report = await parts.blobs.verify({
        signal: job.signal,
        ...(input.bytesPerSecondMax === null ? {} : { bytesPerSecondMax: input.bytesPerSecondMax }),
        ...(before?.cursor === null || before === undefined ? {} : { resumeFrom: before.cursor }),
        onDamage: (damage) => run.found(damage),
        onProgress: (progress, cursor) => {
          run.reached(cursor);
          job.progress({
            done: progress.bytesDone,
            total: progress.bytesTotal,
            unit: 'bytes',
            message: `verifying, ${run.state.damageCount} damaged`,
          });
        },
      });
      await run.settle();
      const damages = [];
      for (const damage of run.state.damages) damages.push(await withUsers(parts.tenants, damage));
      await forgetVerifyState(parts.host, job.id);
      const result: VerifyResult = {
        blobs: report.blobs,
        bytes: report.bytes,
        resumed: before !== undefined,
        damageCount: run.state.damageCount,
        damages,
      };
      return result;
    },
  };
}

async function withUsers(
  tenants: GridTenants,
  damage: ListedDamage,
): Promise<VerifyResult['damages'][number]> {
  const id = damage.blob === null ? undefined : tryParseBlobId(damage.blob);
  return { ...damage, usedBy: id === undefined ? [] : await usersOfBlob(tenants, id) };
}

/** Keeps the state of one run and writes it down now and then, one write at a time. */
class VerifyRun {
  readonly #host: Database;
  readonly #job: Uuid;
  readonly #damages: ListedDamage[];
  #damageCount: number;
  #cursor: VerifyCursor | null;
  #savedAt = performance.now();
  #saving: Promise<void> = Promise.resolve();

  constructor(host: Database, job: Uuid, before: VerifyState | undefined) {
    this.#host = host;
    this.#job = job;
    this.#damages = [...(before?.damages ?? [])];
    this.#damageCount = before?.damageCount ?? 0;
    this.#cursor = before?.cursor ?? null;
  }

  get state(): VerifyState {
    return { cursor: this.#cursor, damageCount: this.#damageCount, damages: this.#damages };
  }

  found(damage: Damage): void {
    this.#damageCount += 1;
    if (this.#damages.length >= damagesListedMax) return;
    const { id, pack, offset, reason, detail, recoverable } = damage;
    this.#damages.push({ blob: id ?? null, pack, offset, reason, detail, recoverable });
  }

  reached(cursor: VerifyCursor): void {
    this.#cursor = cursor;
    const now = performance.now();
    if (now - this.#savedAt < saveEveryMs) return;
    this.#savedAt = now;
    const state = { ...this.state, damages: [...this.#damages] };
    this.#saving = this.#saving.then(() => saveVerifyState(this.#host, this.#job, state));
    // Told by settle(); without this a failed write would end the program before that.
    this.#saving.catch(() => {});
  }

  /** Waits for the last write; throws when one failed. */
  async settle(): Promise<void> {
    await this.#saving;
  }
}
