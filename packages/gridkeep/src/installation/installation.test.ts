import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedPostgres } from '@gridkeep/testing/databases';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { randomUuid } from '@gridkeep/wire/uuid';
import { blobsCompact } from '../commands/blobs-commands.ts';
import { installationStatus } from '../commands/installation-status.ts';
import { defaultConfiguration } from '../configuration/configuration.ts';
import { quietReport } from '../test-support/installations.ts';
import { openInstallation } from './open-installation.ts';

test('with PostgreSQL every grid has a schema of its own', { skip: missing('postgres') }, async (t) => {
  const { url: databaseUrl } = await sharedPostgres();
  const configuration = { ...defaultConfiguration(await temporaryFolder(t)), databaseUrl };
  const before = await openInstallation(configuration);
  const asset = { id: randomUuid(), data: Buffer.from('one'), type: 7, name: 'n', description: '' };
  const plain = { creator: '', flags: 0, temporary: false, local: false, createdAt: 0 };
  const one = await before.tenants.create({ slug: 'one-a' });
  const two = await before.tenants.create({ slug: 'two' });
  await one.services.assets.create({ ...asset, ...plain }, 'test');
  assert.equal(await two.services.assets.find(asset.id), undefined);
  await before.close();

  const after = await openInstallation(configuration);
  t.after(() => after.close());
  const again = await after.tenants.tenant('one-a');
  assert.deepEqual(await again.services.assets.read(asset.id), Buffer.from('one'));
  const compacted = await blobsCompact.run(after, { graceHours: 0 }, quietReport);
  assert.match(compacted.text, /^0 blobs deleted/);
  assert.equal((await installationStatus(after)).healthy, true);
});
