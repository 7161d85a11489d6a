import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { commands } from '../commands/commands.ts';
import { gridkeep, gridkeepJson, startServerProcess } from '../test-support/gridkeep-process.ts';
import { harmless } from './output.ts';

test('alone it prints its help', async () => {
  const { exitCode, stdout, stderr } = await gridkeep([]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /Usage: gridkeep/);
  assert.match(stdout, /Examples:/);
  assert.equal(stderr, '');
});

const wrongUsage: readonly (readonly [readonly string[], RegExp])[] = [
  [['statu'], /unknown command 'statu'[^]*Did you mean status/],
  [['grid'], /Usage: gridkeep grid/],
  [['grid', 'creat'], /unknown command 'creat'[^]*Did you mean create/],
  [['grid', 'create'], /missing required argument 'slug'/],
  [['grid', 'list', '--loud'], /unknown option '--loud'/],
  [['grid', 'create', 'a', '--quota-gb', 'much'], /'much' is invalid/],
  [['start', 'now'], /too many arguments/],
];

for (const [args, message] of wrongUsage)
  test(`wrong usage: ${args.join(' ')}`, async () => {
    const plain = await gridkeep(args);
    assert.equal(plain.exitCode, 2, plain.stderr);
    assert.match(plain.stderr, message);
    assert.equal(plain.stdout, '');
  });

test('wrong usage with --json is one JSON document', async () => {
  const document = await gridkeepJson(['statu'], 2);
  assert.deepEqual(document, {
    error: { code: 'usage', message: "unknown command 'statu' (Did you mean status?)" },
  });
});

test('every command has help with examples that begin with its name', async () => {
  for (const command of commands) {
    assert.notEqual(command.examples.length, 0, command.name);
    for (const example of command.examples)
      assert.ok(example.includes(`gridkeep ${command.name}`), `${command.name}: ${example}`);
  }
  const { exitCode, stdout } = await gridkeep(['grid', 'create', '--help']);
  assert.equal(exitCode, 0);
  assert.match(
    stdout,
    /Make a grid[^]*--quota-gb <number>[^]*--data <folder>[^]*Examples:\n {2}gridkeep grid create/,
  );
});

test('without a data folder a command says how to make one, and makes none', async (t) => {
  const folder = join(await temporaryFolder(t), 'none');
  for (let round = 0; round < 2; round += 1) {
    const document = await gridkeepJson(['grid', 'list', '--data', folder], 1);
    assert.match(JSON.stringify(document), /"no-data-folder".*gridkeep start/);
  }
});

test('beside a server and alone, commands say the same', async (t) => {
  const folder = await temporaryFolder(t);
  const data = ['--data', folder];
  const server = await startServerProcess(folder);
  t.after(() => server.process.kill('SIGKILL'));
  await gridkeepJson(['grid', 'create', 'seaside', '--hostname', 'sea.example.org', ...data]);
  await gridkeepJson(['simulator', 'add', 'sim1', '--grid', 'seaside', ...data]);
  const questions: readonly (readonly string[])[] = [
    ['grid', 'list'],
    ['grid', 'show', '--grid', 'seaside'],
    ['grid', 'show'],
    ['grid', 'show', '--grid', 'nowhere'],
    ['grid', 'create', 'Bad Slug'],
    ['grid', 'create', 'seaside'],
    ['simulator', 'list', '--grid', 'seaside'],
    ['resident', 'list', '--grid', 'main'],
    ['region', 'list', '--grid', 'main'],
    ['jobs', 'list'],
    ['blobs', 'stats'],
  ];
  const ask = async () => {
    const answers = [];
    for (const question of questions) {
      answers.push(await gridkeep([...question, ...data]));
      answers.push(await gridkeep([...question, ...data, '--json']));
    }
    return answers;
  };
  const beside = await ask();
  assert.equal(await server.end('SIGTERM'), 0);
  assert.deepEqual(await ask(), beside);
});

test('with several grids a command wants to know which', async (t) => {
  const folder = await temporaryFolder(t);
  await gridkeepJson(['grid', 'create', 'one', '--data', folder]);
  assert.equal((await gridkeep(['grid', 'show', '--data', folder])).exitCode, 0);
  await gridkeepJson(['grid', 'create', 'two', '--data', folder]);
  const document = await gridkeepJson(['grid', 'show', '--data', folder], 2);
  assert.deepEqual(document, {
    error: { code: 'usage', message: '--grid is needed, since there are several: one, two' },
  });
});

test('text from elsewhere cannot steer the terminal', () => {
  assert.equal(harmless('a\u001b[2Jb\tc\nd\u009b'), 'a\u{fffd}[2Jb\tc\nd\u{fffd}');
});
