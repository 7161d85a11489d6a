import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Database } from '@gridkeep/storage/database/database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { writeForm } from '@gridkeep/wire/robust/form';
import type { FormValue } from '@gridkeep/wire/robust/form';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { FolderReplies } from '../inventory/folder-replies.ts';
import type { RobustHandler } from '../robust-http.ts';
import { silentLog } from '../service-log.ts';
import { anyInventoryBody, folderForm, itemForm } from '../test-support/inventory-forms.ts';
import { comparableReply, seedInventory } from '../test-support/recorded-inventory.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid, testItem } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { SuitcaseInventory } from './suitcase-inventory.ts';
import { suitcaseRobust } from './suitcase-robust.ts';
import type { MayAskSuitcase } from './suitcase-view.ts';
import { wornItemsIn } from './worn-items.ts';

function suitcaseOf(grid: TestGrid, worn: readonly Uuid[], mayAsk: MayAskSuitcase): SuitcaseInventory {
  const wornItems = () => Promise.resolve(new Set(worn));
  return new SuitcaseInventory({ ...grid, replies: new FolderReplies(grid), wornItems, mayAsk });
}

function handlerOf(suitcase: SuitcaseInventory): RobustHandler {
  const handler = suitcaseRobust(suitcase, silentLog).get('xinventory');
  assert.ok(handler);
  return handler;
}

if (missing('fixtures') !== false)
  test('recorded questions from abroad get the recorded answers', { skip: missing('fixtures') });
else
  forEachDatabase('recorded questions from abroad get the recorded answers', async (_test, database) => {
    const grid = await testGrid(database);
    for (const file of ['51-hypergrid-abroad', '51-hypergrid-teleport-out']) {
      const exchanges = recordedTexts(file, '/xinventory', 'robust-public');
      await seedInventory(database, recordedTexts(file, '/xinventory'));
      const worn = exchanges.flatMap(({ received }) =>
        [...received.matchAll(/<ID>([^<]*)<\/ID><InvType>18</g)].flatMap(([, id]) => id ?? []),
      );
      const handler = handlerOf(suitcaseOf(grid, worn.map(parseUuid), () => true));
      for (const { line, sent, received } of exchanges) {
        const reply = comparableReply(bodyText(await handler(robustRequest('POST', '/xinventory', sent))));
        // Where stock leaves both lists out, they are empty here.
        const plain = reply.replace(
          '<FOLDERS type="List" /><ITEMS type="List" /></ServerResponse>',
          '</ServerResponse>',
        );
        assert.ok([reply, plain].includes(comparableReply(received)), `${file}:${line} ${reply}`);
      }
    }
  });

const yes = '<?xml version="1.0"?>\n<ServerResponse>\n  <RESULT>True</RESULT>\n</ServerResponse>';
const no = yes.replace('True', 'False');
const nothing = '<?xml version="1.0"?><ServerResponse />';

interface Scene {
  readonly grid: TestGrid;
  readonly owner: Uuid;
  readonly rootId: Uuid;
  readonly suitcaseId: Uuid;
  /** Folders outside of the suitcase. */
  readonly notesId: Uuid;
  readonly outfitId: Uuid;
  readonly worn: Uuid[];
  readonly ask: (method: string, fields?: Readonly<Record<string, FormValue>>) => Promise<string>;
}

async function scene(database: Database, mayAsk: MayAskSuitcase = () => true): Promise<Scene> {
  const grid = await testGrid(database);
  const owner = randomUuid();
  await grid.inventory.createForResident(owner);
  const worn: Uuid[] = [];
  const suitcase = suitcaseOf(grid, worn, mayAsk);
  const [root, made, notes, outfit] = [
    await grid.inventory.rootFolder(owner),
    await grid.inventory.ensureSuitcase(owner),
    await grid.inventory.folderForType(owner, FolderTypes.notecard),
    await grid.inventory.folderForType(owner, FolderTypes.currentOutfit),
  ];
  assert.ok(root && made && notes && outfit);
  const handler = handlerOf(suitcase);
  return {
    ...{ grid, owner, worn },
    ...{ rootId: root.id, suitcaseId: made.id, notesId: notes.id, outfitId: outfit.id },
    ask: async (method, fields = {}) => {
      const form = writeForm([['METHOD', method], ...Object.entries(fields)]);
      return bodyText(await handler(robustRequest('POST', '/xinventory', form)));
    },
  };
}

forEachDatabase('a suitcase is made once', async (_test, database) => {
  const { grid, owner, suitcaseId, ask } = await scene(database);
  const [again, nobody] = [
    await grid.inventory.ensureSuitcase(owner),
    await grid.inventory.ensureSuitcase(randomUuid()),
  ];
  assert.equal(again?.id, suitcaseId);
  assert.equal(again.version, 18);
  assert.equal(nobody, undefined);
  const { folders } = await grid.inventory.content(suitcaseId);
  assert.equal(folders.length, 17);
  const other = randomUuid();
  await grid.inventory.createForResident(other);
  const both = await Promise.all([1, 2].map(() => ask('GETROOTFOLDER', { PRINCIPAL: other })));
  assert.equal(both[0], both[1]);
  assert.match(both[0] ?? '', /<Type>-1<.*<Name>My Suitcase</);
  const skeleton = await ask('GETINVENTORYSKELETON', { PRINCIPAL: other });
  assert.equal([...skeleton.matchAll(/<folder_/g)].length, 18);
});

forEachDatabase('nobody may ask about a resident at home', async (_test, database) => {
  const asked: string[] = [];
  const { grid, owner, suitcaseId, ask } = await scene(database, (id, address) => {
    asked.push(`${id} ${address}`);
    return false;
  });
  const item = testItem(owner, suitcaseId);
  await grid.inventory.addItem(item);
  const stored = await grid.inventory.content(suitcaseId);
  const PRINCIPAL = owner;
  for (const [method, fields] of [
    ['GETROOTFOLDER', { PRINCIPAL }],
    ['GETFOLDERFORTYPE', { PRINCIPAL, TYPE: '7' }],
    ['GETITEM', { ID: item.id }],
    ['GETFOLDER', { ID: suitcaseId }],
  ] as const)
    assert.equal(await ask(method, fields), nothing, method);
  for (const [method, fields] of [
    ['ADDFOLDER', folderForm(randomUuid(), owner, suitcaseId)],
    ['UPDATEFOLDER', folderForm(suitcaseId, owner, suitcaseId)],
    ['ADDITEM', itemForm(testItem(owner, suitcaseId))],
    ['UPDATEITEM', itemForm(item)],
    ['MOVEITEMS', { PRINCIPAL, IDLIST: [item.id], DESTLIST: [suitcaseId] }],
  ] as const)
    assert.equal(await ask(method, fields), no, method);
  const content = await ask('GETMULTIPLEFOLDERSCONTENT', { PRINCIPAL, FOLDERS: suitcaseId });
  assert.match(content, /<FID>0{8}-/);
  assert.match(await ask('GETMULTIPLEITEMS', { PRINCIPAL, ITEMS: item.id }), /<item_0>NULL</);
  assert.deepEqual(await grid.inventory.content(suitcaseId), stored);
  assert.deepEqual(new Set(asked), new Set([`${owner} 127.0.0.1`]));
});

forEachDatabase('travellers reach their suitcase and nothing else', async (_test, database) => {
  const { grid, owner, rootId, suitcaseId, notesId, outfitId, worn, ask } = await scene(database);
  const PRINCIPAL = owner;
  const [inside, outside, stranger] = [randomUuid(), randomUuid(), randomUuid()];
  assert.equal(await ask('ADDFOLDER', folderForm(inside, owner, suitcaseId)), yes);
  for (const parent of [rootId, notesId])
    assert.equal(await ask('ADDFOLDER', folderForm(outside, owner, parent)), no);
  assert.equal(await ask('ADDFOLDER', folderForm(outside, stranger, suitcaseId)), no);
  assert.equal(await ask('UPDATEFOLDER', folderForm(inside, owner, rootId)), no);
  assert.equal(await ask('UPDATEFOLDER', folderForm(outside, owner, suitcaseId)), no);
  assert.equal(await ask('UPDATEFOLDER', folderForm(inside, owner, outfitId, { Name: 'x' })), yes);
  assert.equal(await ask('MOVEFOLDER', { PRINCIPAL, ID: inside, ParentID: suitcaseId }), no);
  const deep = randomUuid();
  assert.equal(await ask('ADDFOLDER', folderForm(deep, owner, suitcaseId)), yes);
  for (const [id, to] of [
    [deep, rootId],
    [outfitId, suitcaseId],
    [suitcaseId, suitcaseId],
    [notesId, suitcaseId],
  ])
    assert.equal(await ask('MOVEFOLDER', { PRINCIPAL, ID: id ?? '', ParentID: to ?? '' }), no);
  const [taken, left] = [testItem(owner, deep), testItem(owner, notesId)];
  await grid.inventory.addItem(left);
  assert.equal(await ask('ADDITEM', itemForm(taken)), yes);
  assert.equal(await ask('ADDITEM', itemForm(left)), no);
  // The id of an item at home, to draw it into the suitcase.
  assert.equal(await ask('ADDITEM', itemForm(left, { Folder: deep })), no);
  assert.equal(await ask('UPDATEITEM', itemForm(left, { Folder: deep })), no);
  assert.equal(await ask('UPDATEITEM', itemForm(taken, { Name: 'renamed' })), yes);
  for (const [item, to] of [
    [taken, notesId],
    [left, deep],
  ] as const)
    assert.equal(await ask('MOVEITEMS', { PRINCIPAL, IDLIST: [item.id], DESTLIST: [to] }), no);
  assert.equal(await ask('MOVEITEMS', { PRINCIPAL, IDLIST: [taken.id], DESTLIST: [suitcaseId] }), yes);
  assert.deepEqual(await grid.inventory.item(left.id), left);
  assert.equal(await ask('GETITEM', { ID: left.id }), nothing);
  worn.push(left.id);
  assert.match(await ask('GETITEM', { ID: left.id }), /<item /);
  for (const [method, fields] of [
    ['DELETEITEMS', { PRINCIPAL, ITEMS: [taken.id] }],
    ['DELETEFOLDERS', { PRINCIPAL, FOLDERS: [deep] }],
    ['PURGEFOLDER', { ID: suitcaseId }],
  ] as const)
    assert.equal(await ask(method, fields), no);
  assert.match(await ask('CREATEUSERINVENTORY', { PRINCIPAL: stranger }), /False/);
});

forEachDatabase('anything from outside is answered', async (_test, database) => {
  const handler = handlerOf(suitcaseOf(await testGrid(database), [], () => true));
  await fc.assert(
    fc.asyncProperty(anyInventoryBody(), async (body) => {
      const reply = await handler(robustRequest('POST', '/xinventory', body));
      assert.equal(reply.status, 200);
      assert.match(bodyText(reply), /^<\?xml version="1.0"\?>\n?<ServerResponse/);
    }),
  );
  assert.equal((await handler(robustRequest('GET', '/xinventory'))).status, 404);
});

test('worn items are read out of what simulators wrote', () => {
  const ids = Array.from({ length: 5 }, () => randomUuid());
  const avatar = new Map([
    ['AvatarType', '1'],
    ['Serial', '3'],
    ['Wearable 0:0', `${ids[0]}:${randomUuid()}`],
    ['Wearable 4:1', `${ids[1]}:${randomUuid()}`],
    ['_ap_2', `${ids[2]},${ids[3]},nonsense`],
    ['BodyItem', String(ids[4])],
    ['BodyAsset', randomUuid()],
    ['VisualParams', '1,2,3'],
  ]);
  assert.deepEqual(wornItemsIn(avatar), new Set(ids));
});
