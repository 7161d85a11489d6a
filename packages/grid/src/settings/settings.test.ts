import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { testGrid } from '../test-support/test-grid.ts';
import { SettingError } from './setting-texts.ts';
import { writeSetting } from './settings-store.ts';

forEachDatabase(
  'settings are kept, checked, and read past what only a newer version knows',
  async (_test, database) => {
    const { settings } = await testGrid(database);
    assert.equal((await settings.read()).minLoginLevel, 0);
    assert.equal((await settings.write('minLoginLevel', '12')).minLoginLevel, 12);
    await assert.rejects(settings.write('minLoginLevel', 'many'), SettingError);
    await assert.rejects(settings.write('publicUrl', 'ftp://grid.example'), SettingError);
    await writeSetting(database, 'maxGroups', 'a value of another version');
    await writeSetting(database, 'notKnownHere', 'x');
    database.announce('settings');
    const { maxGroups, minLoginLevel } = await settings.read();
    assert.deepEqual([maxGroups, minLoginLevel], [60, 12]);
  },
);
