import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import { CommandError } from './command.ts';
import { tenantOf } from './grid-input.ts';
import { termsAccepted, termsList, termsPublish, termsShow } from './terms-commands.ts';

test('terms are published after a confirmation, listed and shown', async (context) => {
  const installation = await testInstallation(context);
  const { services } = await tenantOf(installation.tenants, undefined);
  const file = join(await temporaryFolder(context), 'terms.txt');
  const run = async (command: typeof termsShow, input: Record<string, unknown> = {}) =>
    command.run(installation, input, quietReport);
  const code = (expected: string) => (error: unknown) =>
    error instanceof CommandError && error.code === expected;
  await assert.rejects(run(termsShow), code('not-found'));
  assert.match((await run(termsList)).text, /no terms of service/);
  await assert.rejects(run(termsPublish, { file }), code('not-found'));
  await writeFile(file, 'Be kind.\nAlways.\n');
  await assert.rejects(run(termsPublish, { file }), code('confirmation-needed'));
  assert.equal(await services.terms.current(), undefined);
  assert.match((await run(termsPublish, { file, yes: true })).text, /^Version 1 /);
  await assert.rejects(run(termsPublish, { file, yes: true }), /same text/);
  const ada = await createResident(services, {
    ...{ firstName: 'Ada', lastName: 'Lovelace', password: 'correct horse' },
  });
  assert.match((await run(termsAccepted)).text, /Nobody has accepted version 1 yet/);
  await services.terms.accept(ada.id, 1, '192.0.2.7');
  assert.match((await run(termsAccepted)).text, /Ada Lovelace +\S+ +20\d\d-.* 192\.0\.2\.7/);
  await writeFile(file, 'https://grid.example.org/terms');
  await assert.rejects(run(termsPublish, { file }), /the terms at https:\/\/grid\.example\.org\/terms/);
  await run(termsPublish, { file, yes: true });
  assert.equal((await run(termsShow)).text, 'https://grid.example.org/terms');
  assert.equal((await run(termsShow, { version: 1 })).text, 'Be kind.\nAlways.');
  await assert.rejects(run(termsShow, { version: 3 }), code('not-found'));
  assert.match((await run(termsList)).text, /^1 .* 1 +Be kind\. Always\.$/m);
  await writeFile(file, Buffer.from([0xff, 0xfe, 0x00]));
  await assert.rejects(run(termsPublish, { file, yes: true }), code('terms-refused'));
});
