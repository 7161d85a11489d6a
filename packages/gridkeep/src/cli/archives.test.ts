/** The way of a newcomer with an archive: through the real program, alone and beside a server. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { gridkeep, gridkeepJson, startServerProcess } from '../test-support/gridkeep-process.ts';

const environment = { GRIDKEEP_PASSWORD: 'correct horse' };

test('an OAR goes in and comes out equal', { skip: missing('fixtures') }, async (t) => {
  const folder = await temporaryFolder(t);
  const data = ['--data', join(folder, 'data')];
  const oar = fixture('oar', 'big-bay-512.oar');
  await gridkeepJson(['grid', 'create', 'main', ...data]);
  await gridkeepJson(['resident', 'create', 'Ada Lovelace', ...data], 0, { environment });
  await gridkeepJson(['region', 'create', 'Big Bay', '--owner', 'Ada Lovelace', ...data]);
  const loaded = await gridkeepJson(['region', 'load', 'Big Bay', oar, ...data]);
  assert.match(JSON.stringify(loaded), /"objects":29,.*"created":6,/);

  // A relative path is meant from where the command is given.
  const saving = await gridkeep(['region', 'save', 'Big Bay', 'saved.oar', ...data], {
    workingFolder: folder,
  });
  assert.equal(saving.exitCode, 0, saving.stderr);
  const saved = join(folder, 'saved.oar');
  assert.equal((await gridkeepJson(['archive', 'diff', oar, saved]))['equal'], true);
  const again = await gridkeepJson(['region', 'save', 'Big Bay', saved, ...data], 1);
  assert.match(JSON.stringify(again), /exists already/);

  const harm = await gridkeepJson(['region', 'load', 'Big Bay', oar, ...data], 1);
  assert.match(JSON.stringify(harm), /"confirmation-needed".*29 objects.*--yes/);
  const twice = await gridkeepJson(['region', 'load', 'Big Bay', oar, '--yes', ...data]);
  assert.equal(twice['newBlobBytes'], 0);
});

test(
  'an IAR goes in beside a server; a refused one changes nothing',
  { skip: missing('fixtures') },
  async (t) => {
    const folder = await temporaryFolder(t);
    const data = ['--data', folder];
    const iar = fixture('iar', 'ada-inventory.iar');
    const server = await startServerProcess(folder);
    t.after(() => server.process.kill('SIGKILL'));
    await gridkeepJson(['resident', 'create', 'Ada Lovelace', ...data], 0, { environment });
    const load = ['inventory', 'load', 'Ada Lovelace', iar, '/Old grid', ...data];
    assert.match(JSON.stringify(await gridkeepJson(load, 1)), /"job-failed".*no folder/);
    const loaded = await gridkeepJson([...load, '--create-folder']);
    assert.equal(loaded['itemsAdded'], 49);
    const saved = join(folder, 'saved.iar');
    await gridkeepJson(['inventory', 'save', 'Ada Lovelace', saved, '/Old grid/*', ...data]);
    assert.equal((await gridkeepJson(['archive', 'diff', iar, saved]))['equal'], true);
    const before = await gridkeepJson(['grid', 'show', ...data]);
    const hostile = fixture('hostile', 'gzip-truncated.oar');
    const refused = ['inventory', 'load', 'Ada Lovelace', hostile, ...data];
    assert.match(JSON.stringify(await gridkeepJson(refused, 1)), /refused/);
    assert.deepEqual(await gridkeepJson(['grid', 'show', ...data]), before);
    assert.equal(await server.end('SIGTERM'), 0);
  },
);

test(
  'archives are inspected and compared without a data folder',
  { skip: missing('fixtures') },
  async (t) => {
    const settings = { workingFolder: await temporaryFolder(t) };
    const oar = fixture('oar', 'terrain-only.oar');
    const report = await gridkeepJson(['archive', 'inspect', oar], 0, settings);
    assert.equal(report['kind'], 'oar');
    const refused = await gridkeepJson(
      ['archive', 'inspect', fixture('hostile', 'gzip-truncated.oar')],
      1,
      settings,
    );
    assert.equal(refused['verdict'], 'refuse');
    const other = fixture('oar', 'two-regions.oar');
    assert.equal((await gridkeepJson(['archive', 'diff', oar, other], 1, settings))['equal'], false);
    const absent = await gridkeepJson(['archive', 'inspect', 'absent.oar'], 1, settings);
    assert.match(JSON.stringify(absent), /ENOENT/);
  },
);
