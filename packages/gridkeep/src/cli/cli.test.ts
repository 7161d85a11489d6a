import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { commands, findInstallationCommand } from '../commands/commands.ts';
import { describeError } from '../commands/describe-error.ts';
import { defaultConfiguration } from '../configuration/configuration.ts';
import { quietReport } from '../test-support/installations.ts';
import { gridkeep, gridkeepJson, startServerProcess } from '../test-support/gridkeep-process.ts';
import { CommandRunner } from './command-runner.ts';
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

/** What a command says, or the error it ends with. */
async function answerOf(runner: CommandRunner, name: string, input: object): Promise<unknown> {
  const command = findInstallationCommand(name);
  if (command === undefined) throw new Error(`no command ${name}`);
  try {
    return await runner.run(command, input, quietReport);
  } catch (error) {
    const { code, message } = describeError(error);
    return { code, message };
  }
}

test('beside a server and alone, commands say the same', async (t) => {
  const folder = await temporaryFolder(t);
  const server = await startServerProcess(folder);
  t.after(() => server.process.kill('SIGKILL'));
  const questions: readonly (readonly [string, object])[] = [
    ['grid list', {}],
    ['grid show', { grid: 'seaside' }],
    ['grid show', {}],
    ['grid show', { grid: 'nowhere' }],
    ['grid create', { slug: 'Bad Slug' }],
    ['grid create', { slug: 'seaside' }],
    ['grid create', { slug: 'b', quotaGb: -1 }],
    ['grid create', { slug: 'b', unknown: 1 }],
    ['simulator list', { grid: 'seaside' }],
    ['resident list', { grid: 'main' }],
    ['resident password', { name: 'Nobody', password: 'x', grid: 'main' }],
    ['region list', { grid: 'main' }],
    ['region show', { name: 'Nowhere', grid: 'main' }],
    ['inventory list', { resident: 'Ada Lovelace', grid: 'main' }],
    ['jobs list', { state: 'running' }],
    ['blobs stats', {}],
    ['blobs verify', {}],
  ];
  // A grid's address has the public port in it.
  const publicPort = Number(new URL(server.addresses.public).port);
  const ask = async () => {
    const runner = new CommandRunner({ ...defaultConfiguration(folder), publicPort });
    try {
      const answers: unknown[] = [];
      for (const [name, input] of questions) answers.push([name, await answerOf(runner, name, input)]);
      return answers;
    } finally {
      await runner.close();
    }
  };
  await gridkeepJson(['grid', 'create', 'seaside', '--hostname', 'sea.example.org', '--data', folder]);
  const beside = await ask();
  assert.equal(await server.end('SIGTERM'), 0);
  assert.deepEqual(await ask(), beside);
  assert.match(JSON.stringify(beside), /sea\.example\.org/);
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

test('passwords come from standard input or the environment, never from arguments', async (t) => {
  const data = ['--data', await temporaryFolder(t)];
  await gridkeepJson(['grid', 'create', 'main', ...data]);
  const ada = ['resident', 'create', 'Ada Lovelace', ...data];
  const none = await gridkeep(ada);
  assert.equal(none.exitCode, 2);
  assert.match(none.stderr, /--password-stdin/);
  const argument = await gridkeep([...ada, '--password', 'correct horse']);
  assert.equal(argument.exitCode, 2);
  const short = await gridkeepJson([...ada, '--password-stdin'], 1, { stdin: 'short\n' });
  assert.match(JSON.stringify(short), /"password-refused".*at least 8/);
  const made = await gridkeepJson([...ada, '--password-stdin'], 0, { stdin: 'correct horse\r\n' });
  assert.match(JSON.stringify(made), /"firstName":"Ada"/);
  const environment = { GRIDKEEP_PASSWORD: 'battery staple' };
  await gridkeepJson(['resident', 'password', 'ada lovelace', ...data], 0, { environment });
});
