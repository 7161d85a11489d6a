import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Database } from '@gridkeep/storage/database/database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { writeForm } from '@gridkeep/wire/robust/form';
import type { FormValue } from '@gridkeep/wire/robust/form';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import type { RobustHandler } from '../robust-http.ts';
import { silentLog } from '../service-log.ts';
import { libraryOwnerId } from '../library/library-ids.ts';
import { anyInventoryBody, folderForm, itemForm } from '../test-support/inventory-forms.ts';
import { robustRequest, bodyText } from '../test-support/robust-request.ts';
import { testGrid, testItem } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { seedInventory, comparableReply } from '../test-support/recorded-inventory.ts';
import { FolderReplies } from './folder-replies.ts';
import { inventoryRobust } from './inventory-robust.ts';

const yes = '<?xml version="1.0"?>\n<ServerResponse>\n  <RESULT>True</RESULT>\n</ServerResponse>';
const no = yes.replace('True', 'False');
const nothing = '<?xml version="1.0"?><ServerResponse />';

type Fields = Readonly<Record<string, FormValue>>;

/** Asks as a simulator does and gives the body of the answer. */
type Ask = (method: string, fields?: Fields) => Promise<string>;

function handlerOf(grid: TestGrid): RobustHandler {
  const routes = inventoryRobust(grid.inventory, new FolderReplies(grid), silentLog);
  const handler = routes.get('xinventory');
  assert.ok(handler);
  return handler;
}

function asking(grid: TestGrid): Ask {
  const handler = handlerOf(grid);
  return async (method, fields = {}) => {
    const form = writeForm([['METHOD', method], ...Object.entries(fields)]);
    const reply = await handler(robustRequest('POST', '/xinventory', form));
    assert.equal(reply.status, 200);
    assert.equal(reply.contentType, 'application/xml');
    return bodyText(reply);
  };
}

interface Scene {
  readonly grid: TestGrid;
  readonly ask: Ask;
  readonly owner: Uuid;
  readonly rootId: Uuid;
  readonly trashId: Uuid;
  readonly notesId: Uuid;
}

async function scene(database: Database, limits = {}): Promise<Scene> {
  const grid = await testGrid(database, limits);
  const owner = randomUuid();
  await grid.inventory.createForResident(owner);
  const idOf = async (type: number): Promise<Uuid> => {
    const folder = await grid.inventory.folderForType(owner, type);
    assert.ok(folder);
    return folder.id;
  };
  const [rootId, trashId, notesId] = [
    await idOf(FolderTypes.root),
    await idOf(FolderTypes.trash),
    await idOf(FolderTypes.notecard),
  ];
  return { grid, ask: asking(grid), owner, rootId, trashId, notesId };
}

const recordings = [
  '02-bots-login-logout',
  '10-asset-uploads',
  '10-build-and-take',
  '10-client-login',
  '10-friends',
  '10-inventory-ops',
  '10-second-client-login',
  '12-build-many',
  '23-rez-large-object',
  '24-teleport-between-simulators',
  '40-save-iar-default',
  '41-save-iar-rich',
  '42-save-iar-options',
  '43-load-iar',
  '44-load-iar-merge',
  '51-hypergrid-return',
];

if (missing('fixtures') !== false)
  test('recorded exchanges get the recorded answers', { skip: missing('fixtures') });
else
  forEachDatabase('recorded exchanges get the recorded answers', async (_test, database) => {
    const grid = await testGrid(database);
    for (const file of recordings) {
      const handler = handlerOf(grid);
      const exchanges = recordedTexts(file, '/xinventory', 'robust-private');
      await seedInventory(database, exchanges);
      for (const { line, sent, received, contentType } of exchanges) {
        const reply = await handler(robustRequest('POST', '/xinventory', sent));
        assert.equal(reply.contentType, contentType);
        // What else was done to these accounts between the recordings is not known, so versions are not compared.
        assert.equal(comparableReply(bodyText(reply)), comparableReply(received), `${file}:${line}`);
      }
    }
  });

forEachDatabase('an inventory is made once, and found', async (_test, database) => {
  const grid = await testGrid(database);
  const ask = asking(grid);
  const owner = randomUuid();
  assert.equal(await ask('GETROOTFOLDER', { PRINCIPAL: owner }), nothing);
  const empty = '<?xml version="1.0"?><ServerResponse><FOLDERS type="List" /></ServerResponse>';
  assert.equal(await ask('GETINVENTORYSKELETON', { PRINCIPAL: owner }), empty);
  const made = '<?xml version="1.0"?><ServerResponse><RESULT>True</RESULT></ServerResponse>';
  assert.equal(await ask('CREATEUSERINVENTORY', { PRINCIPAL: owner }), made);
  assert.equal(await ask('CREATEUSERINVENTORY', { PRINCIPAL: owner }), made.replace('True', 'False'));
  for (const nobody of [zeroUuid, libraryOwnerId, 'x'])
    assert.equal(await ask('CREATEUSERINVENTORY', { PRINCIPAL: nobody }), made.replace('True', 'False'));
  const root = await ask('GETROOTFOLDER', { PRINCIPAL: owner.toUpperCase() });
  assert.match(root, /^<\?xml version="1.0"\?><ServerResponse><folder type="List"><ParentID>0{8}-/);
  assert.match(root, /<Name>My Inventory<\/Name>/);
  const skeleton = await ask('GETINVENTORYSKELETON', { PRINCIPAL: owner });
  assert.equal([...skeleton.matchAll(/<folder_(\d+) /g)].at(-1)?.[1], '20');
  assert.match(await ask('GETFOLDERFORTYPE', { PRINCIPAL: owner, TYPE: '14' }), /<Name>Trash</);
  assert.equal(await ask('GETFOLDERFORTYPE', { PRINCIPAL: owner, TYPE: '47' }), nothing);
});

forEachDatabase('folders are added, changed, moved and thrown away', async (_test, database) => {
  const { ask, owner, rootId, trashId, notesId } = await scene(database);
  const [a, b] = [randomUuid(), randomUuid()];
  assert.equal(await ask('ADDFOLDER', folderForm(a, owner, rootId)), yes);
  assert.equal(await ask('ADDFOLDER', folderForm(a, owner, rootId)), no);
  assert.equal(await ask('ADDFOLDER', folderForm(randomUuid(), owner, rootId, { Type: '14' })), no);
  assert.equal(await ask('ADDFOLDER', folderForm(zeroUuid, owner, rootId)), no);
  assert.equal(await ask('ADDFOLDER', folderForm(randomUuid(), libraryOwnerId, rootId)), no);
  assert.equal(await ask('UPDATEFOLDER', folderForm(b, owner, a, { Name: 'b & <c>' })), yes);
  assert.match(await ask('GETFOLDER', { ID: b }), /<Name>b &amp; &lt;c&gt;<\/Name>/);
  const renamed = folderForm(b, owner, rootId, { Name: 'moved', Version: '7' });
  assert.equal(await ask('UPDATEFOLDER', renamed), yes);
  assert.match(await ask('GETFOLDER', { ID: b }), /<Version>7<.*<Name>moved</);
  const system = folderForm(notesId, owner, rootId, { Type: '7', Name: 'x', Version: '9' });
  assert.equal(await ask('UPDATEFOLDER', system), yes);
  assert.equal(await ask('UPDATEFOLDER', { ...system, Version: '8' }), no);
  assert.match(await ask('GETFOLDER', { ID: notesId, PRINCIPAL: zeroUuid }), /<Version>9<.*<Name>Notecards</);
  assert.equal(await ask('MOVEFOLDER', { ParentID: randomUuid(), ID: b, PRINCIPAL: owner }), no);
  assert.equal(await ask('MOVEFOLDER', { ParentID: trashId, ID: randomUuid(), PRINCIPAL: owner }), no);
  assert.equal(await ask('DELETEFOLDERS', { PRINCIPAL: owner, FOLDERS: [b] }), yes);
  assert.equal(await ask('PURGEFOLDER', { ID: b }), no);
  assert.notEqual(await ask('GETFOLDER', { ID: b }), nothing);
  assert.equal(await ask('MOVEFOLDER', { ParentID: trashId, ID: b, PRINCIPAL: owner }), yes);
  assert.equal(await ask('DELETEFOLDERS', { PRINCIPAL: owner, FOLDERS: ['nonsense', b] }), yes);
  assert.equal(await ask('GETFOLDER', { ID: b }), nothing);
  assert.equal(await ask('MOVEFOLDER', { ParentID: trashId, ID: a, PRINCIPAL: owner }), yes);
  assert.equal(await ask('PURGEFOLDER', { ID: trashId }), yes);
  assert.equal(await ask('GETFOLDER', { ID: a }), nothing);
});

forEachDatabase('items are added, changed, moved and deleted', async (_test, database) => {
  const { ask, owner, rootId, trashId, notesId } = await scene(database);
  const item = testItem(owner, notesId, { name: 'a\rb', creatorId: owner });
  assert.equal(await ask('ADDITEM', itemForm(item)), yes);
  assert.equal(await ask('ADDITEM', itemForm(item, { Owner: randomUuid() })), no);
  const { CreationDate: _, ...incomplete } = itemForm(item);
  assert.equal(await ask('ADDITEM', incomplete), no);
  for (const wrong of [{ SaleType: '256' }, { Flags: 'x' }, { GroupID: 'x' }, { GroupOwned: '' }])
    assert.equal(await ask('ADDITEM', itemForm(item, wrong)), no);
  const shown = await ask('GETITEM', { ID: item.id });
  assert.match(shown, /<CurrentPermissions>4294967295</);
  assert.match(shown, /<Name>a&#xD;b</);
  const update = itemForm(item, { Name: 'n', Folder: trashId, AssetType: '0', CreatorId: zeroUuid });
  assert.equal(await ask('UPDATEITEM', { ...update, CurrentPermissions: '-1' }), yes);
  assert.equal(await ask('UPDATEITEM', itemForm(testItem(owner, notesId))), no);
  const kept = shown.replace('a&#xD;b', 'n');
  assert.equal(await ask('GETITEM', { ID: item.id, PRINCIPAL: owner }), kept);
  assert.equal(await ask('GETITEM', { ID: randomUuid() }), nothing);
  assert.equal(await ask('GETITEM', { ID: 'x' }), nothing);
  assert.equal(await ask('GETITEM'), no);
  const moves = { PRINCIPAL: owner, IDLIST: [item.id, randomUuid()], DESTLIST: [rootId, rootId] };
  assert.equal(await ask('MOVEITEMS', moves), yes);
  assert.equal(await ask('MOVEITEMS', { ...moves, DESTLIST: [rootId] }), no);
  assert.equal(await ask('MOVEITEMS', { PRINCIPAL: owner }), no);
  const other = testItem(owner, notesId, { assetType: AssetTypes.gesture, flags: 1, assetId: item.assetId });
  await ask('ADDITEM', itemForm(other, { CreatorId: `${owner};http://home/;Ann Bee`, CreatorData: '' }));
  assert.match(await ask('GETACTIVEGESTURES', { PRINCIPAL: owner }), /<item_0 .*<Flags>1</);
  const permissions = await ask('GETASSETPERMISSIONS', { PRINCIPAL: owner, ASSET: item.assetId });
  assert.equal(permissions, '<?xml version="1.0"?><ServerResponse><RESULT>-1</RESULT></ServerResponse>');
  const ids = [item.id, randomUuid(), 'x', other.id, item.id].join(',');
  const many = await ask('GETMULTIPLEITEMS', { PRINCIPAL: zeroUuid, ITEMS: ids, COUNT: '5' });
  const marks = [...many.matchAll(/<item_(\d)( type="List")?>(NULL|<AssetID>)/g)];
  assert.deepEqual(
    marks.map((mark) => `${mark[1]}${mark[3]}`),
    ['0<AssetID>', '1NULL', '2NULL', '3<AssetID>', '4<AssetID>'],
  );
  assert.match(many, /<CreatorData>http:\/\/home\/;Ann Bee</);
  assert.equal(await ask('GETMULTIPLEITEMS', { PRINCIPAL: owner, ITEMS: '' }), nothing);
  assert.equal(await ask('DELETEITEMS', { PRINCIPAL: owner, ITEMS: [item.id, randomUuid()] }), yes);
  assert.equal(await ask('GETITEM', { ID: item.id }), nothing);
});

forEachDatabase('every folder of a question gets its element', async (_test, database) => {
  const { ask, owner, notesId } = await scene(database);
  await ask('ADDITEM', itemForm(testItem(owner, notesId)));
  const unknown = randomUuid();
  for (const principal of [owner, zeroUuid]) {
    const folders = { PRINCIPAL: principal, FOLDERS: `${notesId.toUpperCase()},${unknown}`, COUNT: '2' };
    const reply = await ask('GETMULTIPLEFOLDERSCONTENT', folders);
    const known = `<F_${notesId} type="List"><FID>${notesId}</FID><VERSION>2</VERSION><OWNER>${owner}</OWNER>`;
    assert.ok(reply.includes(known));
    assert.ok(
      reply.includes(
        `<F_${unknown} type="List"><FID>${zeroUuid}</FID><VERSION>0</VERSION><OWNER>${principal}</OWNER>` +
          `<FOLDERS type="List" /><ITEMS type="List" /></F_${unknown}>`,
      ),
    );
  }
  const content = await ask('GETFOLDERCONTENT', { PRINCIPAL: owner, FOLDER: notesId });
  assert.match(content, /^<\?xml version="1.0"\?><ServerResponse><FID>.*<\/ITEMS><\/ServerResponse>$/);
  const items = await ask('GETFOLDERITEMS', { PRINCIPAL: owner, FOLDER: notesId });
  assert.ok(content.includes(/<ITEMS.*<\/ITEMS>/.exec(items)?.[0] ?? 'none'));
  assert.match(
    await ask('GETFOLDERCONTENT', { PRINCIPAL: owner, FOLDER: unknown }),
    /<VERSION>0<\/VERSION><FOLDERS type="List" \/><ITEMS type="List" \/>/,
  );
});

forEachDatabase('what the wire cuts off survives updates', async (_test, database) => {
  const { grid, ask, owner, rootId, notesId } = await scene(database);
  const item = testItem(owner, notesId, {
    name: `${'n'.repeat(63)}\u{1f600}tail`,
    description: 'd'.repeat(300),
    creatorClaim: 'ospa:n=Ann Bee',
  });
  await grid.inventory.addItem(item);
  const shown = await ask('GETITEM', { ID: item.id });
  const cut = itemForm(item, { Name: 'n'.repeat(63), Description: 'd'.repeat(128), Flags: '4' });
  assert.ok(shown.includes(`<Name>${'n'.repeat(63)}</Name>`));
  assert.ok(shown.includes(`<Description>${'d'.repeat(128)}</Description>`));
  for (const method of ['UPDATEITEM', 'ADDITEM']) {
    assert.equal(await ask(method, cut), yes);
    assert.deepEqual(await grid.inventory.item(item.id), { ...item, flags: 4 });
  }
  await ask('UPDATEITEM', itemForm(item, { Name: 'n'.repeat(62), Description: 'd'.repeat(128) }));
  assert.deepEqual(await grid.inventory.item(item.id), { ...item, name: 'n'.repeat(62) });
  const folder = { id: randomUuid(), ownerId: owner, parentId: rootId, name: 'f'.repeat(100), type: -1 };
  await grid.inventory.addFolder(folder);
  await grid.inventory.updateFolder({ ...folder, version: 70_000 });
  assert.match(await ask('GETFOLDER', { ID: folder.id }), /<Version>4464<\/Version><Name>f{64}</);
  const back = folderForm(folder.id, owner, rootId, { Name: 'f'.repeat(64), Version: '4465' });
  assert.equal(await ask('UPDATEFOLDER', back), yes);
  assert.deepEqual(await grid.inventory.folder(folder.id), { ...folder, version: 70_001 });
});

forEachDatabase('where deleting is off only links go', async (_test, database) => {
  const { ask, owner, trashId } = await scene(database, { allowInventoryDelete: false });
  const [note, link] = [testItem(owner, trashId), testItem(owner, trashId, { assetType: AssetTypes.link })];
  for (const item of [note, link]) await ask('ADDITEM', itemForm(item));
  assert.equal(await ask('DELETEITEMS', { PRINCIPAL: owner, ITEMS: [note.id, link.id] }), yes);
  assert.notEqual(await ask('GETITEM', { ID: note.id }), nothing);
  assert.equal(await ask('GETITEM', { ID: link.id }), nothing);
  assert.equal(await ask('DELETEFOLDERS', { PRINCIPAL: owner, FOLDERS: [trashId] }), no);
  assert.equal(await ask('PURGEFOLDER', { ID: trashId }), no);
});

forEachDatabase('anything at all is answered', async (_test, database) => {
  const grid = await testGrid(database);
  const handler = handlerOf(grid);
  await fc.assert(
    fc.asyncProperty(anyInventoryBody(), async (body) => {
      const reply = await handler(robustRequest('POST', '/xinventory', body));
      assert.equal(reply.status, 200);
      assert.match(bodyText(reply), /^<\?xml version="1.0"\?>\n?<ServerResponse/);
    }),
    { numRuns: 300 },
  );
  assert.equal((await handler(robustRequest('GET', '/xinventory'))).status, 404);
  const long = `METHOD=GETMULTIPLEITEMS&PRINCIPAL=${zeroUuid}&ITEMS=${'x,'.repeat(10_001)}`;
  assert.equal(bodyText(await handler(robustRequest('POST', '/xinventory', long))), no);
});

forEachDatabase('what is put into a folder that is not there is found again', async (_test, database) => {
  const { grid, ask, owner, notesId } = await scene(database);
  const lost = await grid.inventory.folderForType(owner, FolderTypes.lostAndFound);
  const [folderId, parentId] = [randomUuid(), randomUuid()];
  const item = testItem(owner, folderId);
  assert.equal(await ask('ADDITEM', itemForm(item)), yes);
  assert.equal((await grid.inventory.item(item.id))?.folderId, folderId);
  const placeholder = await grid.inventory.folder(folderId);
  assert.deepEqual([placeholder?.name, placeholder?.parentId], ['Recovered', lost?.id]);
  // The real folder arrives late, with a parent that is not there either.
  assert.equal(await ask('ADDFOLDER', folderForm(folderId, owner, parentId, { Name: 'Poems' })), yes);
  assert.equal((await grid.inventory.folder(parentId))?.parentId, lost?.id);
  const real = await grid.inventory.folder(folderId);
  assert.deepEqual([real?.name, real?.parentId], ['Poems', parentId]);
  assert.equal(await ask('ADDFOLDER', folderForm(folderId, owner, notesId)), no);
  // Several at once into one such folder: none is lost.
  const together = randomUuid();
  const things = Array.from({ length: 8 }, () => itemForm(testItem(owner, together)));
  assert.deepEqual(
    new Set(await Promise.all(things.map(async (thing) => ask('ADDITEM', thing)))),
    new Set([yes]),
  );
  // Nobody without an inventory, and never somebody else's folder.
  assert.equal(await ask('ADDITEM', itemForm(testItem(randomUuid(), randomUuid()))), no);
  assert.equal(await ask('ADDITEM', itemForm(testItem(owner, zeroUuid))), no);
});
