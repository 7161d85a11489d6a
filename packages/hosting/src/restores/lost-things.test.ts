import assert from 'node:assert/strict';
import test from 'node:test';
import { lostThing } from './lost-things.ts';

const id = '11111111-2222-4333-8444-555555555555';
const other = '21111111-2222-4333-8444-555555555555';

for (const [path, what, text] of [
  ['', 'folder', 'everything in this backup'],
  [`assets/2026/11/22/11/${id}.jp2`, 'file', `asset ${id}, made on 2026-11-22`],
  ['assets/2026/11', 'folder', 'the assets of 2026-11'],
  ['assets/2026/11/22/records.jsonl', 'file', 'the list of the assets of 2026-11-22'],
  [
    `inventories/11/Ada Lovelace__${id}/My Inventory__${other}/items/records.jsonl`,
    'file',
    `the items that lie directly in folder "My Inventory" of Ada Lovelace (${id})`,
  ],
  [
    `inventories/Ada Lovelace__${id}`,
    'folder',
    `the inventory of Ada Lovelace (${id}), with everything in it`,
  ],
  [
    `regions/Plaza__${id}/objects/Tower__${other}.xml`,
    'file',
    `object "Tower" (${other}) of region "Plaza" (${id})`,
  ],
  [`regions/Plaza__${id}/terrain.r32`, 'file', `the terrain of region "Plaza" (${id})`],
  ['records/account.jsonl', 'file', 'the rows of table account'],
] as const)
  test(`lost ${path} is "${text}"`, () => {
    const thing = lostThing(path === '' ? [] : path.split('/'), what);
    assert.equal(thing.text, text);
    assert.equal(thing.asset, path.endsWith('.jp2') ? id : undefined);
  });
