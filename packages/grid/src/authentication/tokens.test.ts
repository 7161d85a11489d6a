import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { tokenMigrations } from './tokens-store.ts';
import { Tokens } from './tokens.ts';

forEachDatabase(
  'a token lives as long as it was given, and longer when it is used',
  async (_test, database) => {
    await database.migrate(tokenMigrations);
    let now = 1_800_000_000_000;
    const tokens = new Tokens(database, () => now);
    const account = randomUuid();
    const pass = (minutes: number) => (now += minutes * 60_000);
    const token = await tokens.issue(account, 10);
    pass(9);
    assert.equal(await tokens.verify(account, token, 1000), true);
    pass(29);
    assert.equal(await tokens.verify(account, token, 1), true, 'at most 30 minutes');
    pass(1);
    assert.equal(await tokens.verify(account, token, 30), false);
    assert.equal(await tokens.release(account, token), false);
    const negative = await tokens.issue(account, -5);
    assert.equal(await tokens.verify(account, negative, 1), false);
    pass(31);
    await Promise.all(Array.from({ length: 50 }, () => tokens.issue(account, 30)));
    assert.equal(await tokens.cleanOld(), 2);
    const { rows } = await sql<{ count: number; longest: number }>`select count(*) as count,
    max(length(token_hash)) as longest from authentication_token`.execute(database.tables<unknown>());
    assert.deepEqual(
      rows,
      [{ count: 50, longest: 32 }],
      'expired ones are gone, and the tokens themselves are nowhere',
    );
  },
);
