import assert from 'node:assert/strict';
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { createResident } from '../residents.ts';
import { testAsset, testGrid, testItem } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';

const body = [
  '66c41e39-38f9-f75a-024e-585989bfab73',
  '77c41e39-38f9-f75a-024e-585989bbabbb',
  'd342e6c0-b9d2-11dc-95ff-0800200c9a66',
  '4bb6fa4d-1cd2-498a-a84c-95c1a0e745a7',
].map(parseUuid);
const clothes = ['00000000-38f9-1111-024e-222222111110', '00000000-38f9-1111-024e-222222111120'].map(
  parseUuid,
);
const password = 'a long password';

async function bring(grid: TestGrid, ids: readonly Uuid[]): Promise<void> {
  for (const id of ids) await grid.assets.create(testAsset(`asset ${id}`, { id, type: 13 }), 'test');
}

async function itemsIn(grid: TestGrid, owner: Uuid, type: number) {
  const folder = await grid.inventory.folderForType(owner, type);
  assert.ok(folder);
  return { folder, items: await grid.inventory.folderItems(folder.id) };
}

forEachDatabase('new residents wear the default outfit', async (_test, database) => {
  const grid = await testGrid(database);
  await bring(grid, [...body, ...clothes]);
  const { id } = await createResident(grid, { firstName: 'Ada', lastName: 'Bell', password });
  const parts = await itemsIn(grid, id, FolderTypes.bodyPart);
  const worn = await itemsIn(grid, id, FolderTypes.clothing);
  const outfit = await itemsIn(grid, id, FolderTypes.currentOutfit);
  assert.deepEqual([parts.items.length, worn.items.length, outfit.items.length], [4, 2, 6]);
  assert.deepEqual([parts.folder.version, worn.folder.version, outfit.folder.version], [5, 3, 7]);
  const avatar = await grid.avatars.find(id);
  for (const item of [...parts.items, ...worn.items]) {
    assert.equal(item.creatorId, id);
    assert.equal(item.basePermissions, 581_632);
    assert.equal(avatar.get(`Wearable ${item.flags}:0`), `${item.id}:${item.assetId}`);
    const link = outfit.items.find((one) => one.assetId === item.id);
    assert.deepEqual(
      [link?.assetType, link?.name, link?.flags, link?.inventoryType, link?.currentPermissions],
      [AssetTypes.link, item.name, item.flags, 18, 32_768],
    );
  }
  assert.equal(avatar.size, 8);
});

forEachDatabase('nobody is dressed in what is not there', async (_test, database) => {
  const grid = await testGrid(database);
  await bring(grid, body.slice(1));
  const { id } = await createResident(grid, { firstName: 'Ada', lastName: 'Bell', password });
  assert.equal((await itemsIn(grid, id, FolderTypes.currentOutfit)).items.length, 0);
  await bring(grid, body);
  await grid.settings.write('newResidentOutfit', 'none');
  const bo = await createResident(grid, { firstName: 'Bo', lastName: 'Bell', password });
  assert.equal((await itemsIn(grid, bo.id, FolderTypes.currentOutfit)).items.length, 0);
  await grid.settings.write('newResidentOutfit', 'default');
  const cy = await createResident(grid, { firstName: 'Cy', lastName: 'Bell', password });
  assert.equal((await itemsIn(grid, cy.id, FolderTypes.currentOutfit)).items.length, 4);
});

forEachDatabase('new residents wear what the model wears', async (_test, database) => {
  const grid = await testGrid(database);
  const model = await createResident(grid, { firstName: 'Model', lastName: 'One', password });
  const { folder } = await itemsIn(grid, model.id, FolderTypes.object);
  const creator = randomUuid();
  const item = (changes: object) => testItem(model.id, folder.id, { creatorId: creator, ...changes });
  const shape = item({ assetType: 13, flags: 0, name: 'Shape' });
  const hat = item({ assetType: 6, name: 'Hat' });
  const kept = item({ assetType: 5, name: 'Not to copy', currentPermissions: 0x2000 });
  for (const one of [shape, hat, kept]) await grid.inventory.addItem(one);
  await grid.avatars.replace(
    model.id,
    new Map([
      ['AvatarType', '1'],
      ['Serial', '9'],
      ['AvatarHeight', '1.9'],
      ['Wearable 0:0', `${shape.id}:${shape.assetId}`],
      ['Wearable 4:0', `${kept.id}:${kept.assetId}`],
      ['_ap_2', `${hat.id},${randomUuid()}`],
      ['VisualParams', '1,2,3'],
    ]),
  );
  await grid.settings.write('newResidentOutfit', 'Model One');
  const { id } = await createResident(grid, { firstName: 'Ada', lastName: 'Bell', password });
  const [copy] = (await itemsIn(grid, id, FolderTypes.bodyPart)).items;
  const [hatCopy] = (await itemsIn(grid, id, FolderTypes.object)).items;
  assert.ok(copy && hatCopy);
  assert.notEqual(copy.id, shape.id);
  assert.deepEqual([copy.assetId, copy.creatorId, copy.ownerId], [shape.assetId, creator, id]);
  const avatar = await grid.avatars.find(id);
  assert.equal(avatar.get('Wearable 0:0'), `${copy.id}:${shape.assetId}`);
  assert.equal(avatar.get('_ap_2'), hatCopy.id);
  assert.equal(avatar.get('Wearable 4:0'), undefined);
  assert.equal(avatar.get('AvatarHeight'), '1.9');
  assert.equal((await itemsIn(grid, id, FolderTypes.currentOutfit)).items.length, 2);
});
