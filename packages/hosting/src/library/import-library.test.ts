import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { InventoryTreeError } from '@gridkeep/grid/inventory/inventory-tree';
import { libraryOwnerId, libraryRootId } from '@gridkeep/grid/library/library-ids';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { parseUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { scratchGrid } from '../test-support/scratch-grid.ts';
import { importLibrary } from './import-library.ts';
import { LibraryImportError } from './library-findings.ts';
import { NiniError, parseNini } from './nini-xml.ts';

const quiet = () => undefined;
const skip = missing('fixtures');

if (skip !== false) test('the stock library is imported, and imported again', { skip });
else
  forEachDatabase('the stock library is imported, and imported again', async (context, database) => {
    const { services } = await scratchGrid(context, database);
    const { library, inventory } = services;
    const before = await library.skeleton();
    assert.deepEqual(
      before.map((folder) => [folder.id, folder.name, folder.type]),
      [[libraryRootId, 'OpenSim Library', 8]],
    );
    const steps: number[] = [];
    const first = await importLibrary(services, fixture('opensim-library'), ({ done }) => steps.push(done));
    assert.ok(steps.length > 0);
    assert.equal(first.conflicts.length, 0);
    const skeleton = await library.skeleton();
    assert.equal(skeleton.length, first.folders + 1);
    assert.equal(skeleton[0]?.version, 429);
    const again = await importLibrary(services, fixture('opensim-library'), quiet);
    assert.equal(again.assetsCreated, 0);
    assert.equal(again.assetsExisting, first.assetsCreated + first.assetsExisting);
    assert.equal((await library.skeleton())[0]?.version, 430);
    assert.deepEqual(await inventory.counts(libraryOwnerId), {
      folders: first.folders + 1,
      items: first.items,
    });
  });

type Files = Readonly<Record<string, string>>;

function nini(sections: Readonly<Record<string, Files>>): string {
  const written = Object.entries(sections).map(
    ([name, keys]) =>
      `<Section Name="${name}">` +
      Object.entries(keys)
        .map(([key, value]) => `<Key Name="${key}" Value="${value}"/>`)
        .join('') +
      '</Section>',
  );
  return `<Nini>${written.join('')}</Nini>`;
}

const note = '10000000-0000-0000-0000-000000000001';
const folderId = '20000000-0000-0000-0000-000000000001';
const itemId = '30000000-0000-0000-0000-000000000001';

/** A small library that is right. */
const right: Files = {
  'assets/AssetSets.xml': nini({ Notes: { file: 'Notes/set.xml' } }),
  'assets/Notes/set.xml': nini({ Note: { assetID: note, name: 'Note', assetType: '10', fileName: 'n.lsl' } }),
  'assets/Notes/n.lsl': 'default { state_entry() { } }',
  'inventory/Libraries.xml': nini({
    Standard: { RootVersion: '5' },
    Notes: { foldersFile: 'f.xml', itemsFile: 'i.xml' },
  }),
  'inventory/f.xml': nini({ Notes: { folderID: folderId, name: 'Notes', type: '10' } }),
  'inventory/i.xml': nini({
    Note: { inventoryID: itemId, assetID: note, folderID: folderId, name: 'Note', inventoryType: '10' },
  }),
};

async function written(context: TestContext, files: Files): Promise<string> {
  const folder = await temporaryFolder(context);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

forEachDatabase('a library takes the place of the one before', async (context, database) => {
  const { services } = await scratchGrid(context, database);
  const { library, inventory } = services;
  await importLibrary(services, await written(context, right), quiet);
  assert.deepEqual(
    (await library.skeleton()).map(({ name, version }) => [name, version]),
    [
      ['OpenSim Library', 5],
      ['Notes', 1],
    ],
  );
  const { items } = await library.content(parseUuid(folderId));
  assert.equal(items[0]?.description, 'Note');
  assert.equal(items[0].currentPermissions, 0x9e000);
  const other = { ...right, 'inventory/i.xml': nini({}) };
  const report = await importLibrary(services, await written(context, other), quiet);
  assert.equal(report.assetsExisting, 1);
  assert.deepEqual(await inventory.counts(libraryOwnerId), { folders: 2, items: 0 });
  const changed = { ...other, 'assets/Notes/n.lsl': 'default { state_exit() { } }' };
  const { conflicts } = await importLibrary(services, await written(context, changed), quiet);
  assert.deepEqual(
    conflicts.map((conflict) => conflict.assetId),
    [note],
  );
});

forEachDatabase('ids of residents are not taken over', async (context, database) => {
  const { services, ownerId } = await scratchGrid(context, database);
  const root = await services.inventory.rootFolder(ownerId);
  assert.ok(root);
  const id = parseUuid(folderId);
  await services.inventory.addFolder({ id, ownerId, parentId: root.id, name: 'mine', type: -1 });
  await assert.rejects(importLibrary(services, await written(context, right), quiet), InventoryTreeError);
  assert.equal((await services.inventory.folder(id))?.ownerId, ownerId);
});

const wrong: readonly (readonly [string, Files, RegExp])[] = [
  ['no files', { 'inventory/Libraries.xml': '', 'assets/AssetSets.xml': '' }, /AssetSets\.xml: bad XML/],
  ['no Nini', { 'assets/AssetSets.xml': '<x/>' }, /the root element is x, not Nini/],
  ['a doctype', { 'assets/AssetSets.xml': '<!DOCTYPE a [<!ENTITY b "c">]><Nini/>' }, /bad XML/],
  ['a path upwards', { 'assets/AssetSets.xml': nini({ A: { file: '../../x.xml' } }) }, /\[A\].*leads out/],
  ['an absolute path', { 'assets/AssetSets.xml': nini({ A: { file: '/etc/passwd' } }) }, /leads out/],
  ['a drive', { 'assets/AssetSets.xml': nini({ A: { file: 'C:\\x' } }) }, /leads out/],
  ['a link', { 'assets/AssetSets.xml': nini({ A: { file: 'link/passwd' } }) }, /leads out of the folder/],
  ['a missing file', { 'assets/AssetSets.xml': nini({ A: { file: 'none.xml' } }) }, /no file "assets\/none/],
  ['a folder', { 'assets/AssetSets.xml': nini({ A: { file: 'Notes' } }) }, /is no file|EISDIR/],
  [
    'no id',
    { 'assets/Notes/set.xml': nini({ Note: { fileName: 'n.lsl' } }) },
    /\[Note\]: key assetID is missing/,
  ],
  ['a bad id', { 'inventory/i.xml': nini({ I: { inventoryID: 'x' } }) }, /key inventoryID is no UUID/],
  [
    'a bad number',
    { 'inventory/f.xml': nini({ F: { folderID: folderId, type: '999' } }) },
    /key type is no whole/,
  ],
  [
    'a lost folder',
    { 'inventory/f.xml': nini({ F: { folderID: folderId, parentFolderID: itemId } }) },
    /no library folder/,
  ],
  [
    'a circle',
    { 'inventory/f.xml': nini({ F: { folderID: folderId, parentFolderID: folderId } }) },
    /no library folder/,
  ],
  ['a second root', { 'inventory/f.xml': nini({ F: { folderID: libraryRootId } }) }, /there already/],
];

for (const [what, files, expected] of wrong)
  forEachDatabase(`${what} keeps a library out`, async (context, database) => {
    const { services } = await scratchGrid(context, database);
    const folder = await written(context, { ...right, ...files });
    await symlink('/etc', join(folder, 'assets', 'link'));
    await assert.rejects(importLibrary(services, folder, quiet), (error) => {
      assert.ok(error instanceof LibraryImportError);
      assert.match(error.message, expected);
      return true;
    });
    assert.equal((await services.library.skeleton()).length, 1);
    assert.deepEqual(await services.inventory.counts(libraryOwnerId), { folders: 0, items: 0 });
  });

test('any text is a configuration or an error of its own', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `<Nini><Section>${text}</Section></Nini>`),
      ),
      (text) => {
        try {
          assert.ok(Array.isArray(parseNini(text)));
        } catch (error) {
          assert.ok(error instanceof NiniError);
        }
      },
    ),
  );
});
