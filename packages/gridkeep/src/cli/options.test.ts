import assert from 'node:assert/strict';
import test from 'node:test';
import { Command } from 'commander';
import { backupVerify } from '../commands/backup-commands.ts';
import { addInput, collectInput } from './options.ts';

function inputOf(...words: readonly string[]): unknown {
  const parser = new Command().exitOverride();
  addInput(parser, backupVerify);
  parser.parse(words, { from: 'user' });
  return collectInput(backupVerify, parser.processedArgs, parser.opts());
}

test('a flag that forbids something arrives, and only when it is given', () => {
  assert.deepEqual(inputOf('--no-repair', '--read', 'all'), { noRepair: true, read: 'all' });
  assert.deepEqual(inputOf('--read', 'all'), { read: 'all' });
});
