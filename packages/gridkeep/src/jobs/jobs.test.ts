import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { parseGridSlug } from '@gridkeep/hosting/tenants/grid';
import { JobLeases } from '@gridkeep/storage/jobs/job-leases';
import { randomUuid } from '@gridkeep/wire/uuid';
import { blobsCompact, blobsReindex, blobsVerify } from '../commands/blobs-commands.ts';
import { CommandError } from '../commands/command.ts';
import { jobsCancel, jobsWatch } from '../commands/jobs-commands.ts';
import { dataFolderAt } from '../data-folder/data-folder.ts';
import type { Installation } from '../installation/installation.ts';
import { openInstallation } from '../installation/open-installation.ts';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import { blobsCompactHandler } from './blobs-compact.ts';
import { blobsVerifyKind } from './blobs-job-results.ts';
import { loadVerifyState, saveVerifyState } from './verify-state.ts';

async function addAsset(installation: Installation, grid: string, text: string) {
  const { services } = await installation.tenants.tenant(grid);
  const asset = {
    ...{ id: randomUuid(), data: Buffer.from(text), type: 7, name: text, description: '' },
    ...{ creator: '', flags: 0, temporary: false, local: false, createdAt: Date.now() },
  };
  return (await services.assets.create(asset, 'test')).record;
}

async function twoGrids(t: TestContext) {
  const installation = await testInstallation(t, ['one', 'two']);
  const kept = await addAsset(installation, 'one', 'kept by one');
  const dropped = await addAsset(installation, 'two', 'dropped by two');
  return { installation, kept, dropped };
}

test('compaction deletes what no grid needs, after its grace', async (t) => {
  const { installation, kept, dropped } = await twoGrids(t);
  const two = await installation.tenants.tenant('two');
  await two.services.assets.delete(dropped.id);
  const early = await blobsCompact.run(installation, {}, quietReport);
  assert.match(early.text, /^0 blobs deleted.*1 unused ones spared/);
  const late = await blobsCompact.run(installation, { graceHours: 0 }, quietReport);
  assert.match(late.text, /^1 blobs deleted/);
  assert.equal((await installation.blobs.stats()).blobs, 1);
  assert.notEqual(await installation.blobs.get(kept.blobId), undefined);
});

test('content of a load that has begun, or of a simulator between bytes and record, is spared', async (t) => {
  const { installation, dropped } = await twoGrids(t);
  await (await installation.tenants.tenant('two')).services.assets.delete(dropped.id);
  const { signal } = new AbortController();
  const job = { id: randomUuid(), grid: null, attempt: 1, signal, progress: () => {} };
  await blobsCompactHandler({ ...installation, serving: true }).run({ graceMs: 0 }, job);
  assert.equal((await installation.blobs.stats()).blobs, 2);

  const load = await installation.jobs.enqueue({ kind: 'region-load', grid: 'two', input: null });
  const begun = new JobLeases({
    ...{ database: installation.host, owner: 'test', leaseMs: 60_000 },
    attemptsMax: new Map([['region-load', 3]]),
  });
  assert.equal((await begun.claim())?.job.id, load.id);
  await blobsCompactHandler({ ...installation, serving: false }).run({ graceMs: 0 }, job);
  assert.equal((await installation.blobs.stats()).blobs, 2);
});

test('a grid that cannot be opened keeps compaction from deleting anything', async (t) => {
  const { installation: before } = await twoGrids(t);
  await before.close();
  const { configuration } = before;
  await writeFile(dataFolderAt(configuration.data).gridDatabase(parseGridSlug('two')), 'no database');
  const installation = await openInstallation(configuration);
  t.after(() => installation.close());
  const { signal } = new AbortController();
  const job = { id: randomUuid(), grid: null, attempt: 1, signal, progress: () => {} };
  await assert.rejects(
    blobsCompactHandler({ ...installation, serving: false }).run({ graceMs: 0 }, job),
    /not a database/,
  );
  assert.equal((await installation.blobs.stats()).blobs, 2);
});

test('verify and reindex of sound content find nothing', async (t) => {
  const { installation } = await twoGrids(t);
  const verified = await blobsVerify.run(installation, {}, quietReport);
  assert.equal(verified.exitCode, 0);
  assert.equal(verified.data['blobs'], 2);
  const reindexed = await blobsReindex.run(installation, { deep: true }, quietReport);
  assert.equal(reindexed.exitCode, 0);
  assert.equal(reindexed.data['lostCount'], 0);
});

test('a verification goes on with what an earlier try had found', async (t) => {
  const { installation, kept } = await twoGrids(t);
  const job = await installation.jobs.enqueue({ kind: blobsVerifyKind, input: { bytesPerSecondMax: null } });
  const damage = {
    blob: kept.blobId,
    pack: 'p',
    offset: 1,
    reason: 'content',
    detail: 'd',
    recoverable: false,
  };
  await saveVerifyState(installation.host, job.id, { cursor: null, damageCount: 1, damages: [damage] });
  await jobsWatch.run(installation, { job: job.id }, quietReport);
  const result = JSON.stringify((await installation.jobs.get(job.id))?.result);
  assert.match(result, /"resumed":true,"damageCount":1/);
  assert.match(result, new RegExp(`"grid":"one","asset":"${kept.id}","type":7,"name":"kept by one"`));
  assert.equal(await loadVerifyState(installation.host, job.id), undefined);
});

test('a waiting job is cancelled; an ended or unknown one cannot be', async (t) => {
  const installation = await testInstallation(t);
  const { id } = await installation.jobs.enqueue({
    kind: blobsVerifyKind,
    input: { bytesPerSecondMax: null },
    runAt: Date.now() + 3_600_000,
  });
  assert.match((await jobsCancel.run(installation, { job: id }, quietReport)).text, /is cancelled/);
  const refused = (code: string) => (error: unknown) => error instanceof CommandError && error.code === code;
  await assert.rejects(jobsCancel.run(installation, { job: id }, quietReport), refused('ended'));
  await assert.rejects(jobsWatch.run(installation, { job: id }, quietReport), refused('cancelled'));
  await assert.rejects(
    jobsCancel.run(installation, { job: randomUuid() }, quietReport),
    refused('not-found'),
  );
  await assert.rejects(jobsWatch.run(installation, { job: randomUuid() }, quietReport), refused('not-found'));
  await assert.rejects(jobsCancel.run(installation, { job: 'x' }, quietReport), refused('usage'));
});

test('a job with the input of another version fails with a reason', async (t) => {
  const installation = await testInstallation(t);
  const { id } = await installation.jobs.enqueue({ kind: 'region-load', grid: 'main', input: { file: 1 } });
  await assert.rejects(
    jobsWatch.run(installation, { job: id }, quietReport),
    (error: unknown) => error instanceof CommandError && error.code === 'job-failed',
  );
});
