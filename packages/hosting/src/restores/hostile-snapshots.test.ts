/** Snapshots that somebody made by hand: nothing of them gets in, whatever they say. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { freshLocation } from '@gridkeep/testing/databases';
import type { FileNode, TreeNode } from '@gridkeep/vault/format/tree-node';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import { SnapshotContentError } from '../backup-layout/snapshot-source.ts';
import { loadContext, scratchGrid } from '../test-support/scratch-grid.ts';
import type { ScratchGrid } from '../test-support/scratch-grid.ts';
import { browseSnapshot } from './browse-snapshot.ts';
import { diffSnapshots } from './diff-snapshots.ts';
import { RestoreRefusedError } from './restore-request.ts';
import type { RestoreScope } from './restore-request.ts';
import { restoreIntoGrid } from './restore.ts';

interface Made {
  readonly [name: string]: Made | string;
}

/** Trees and blobs in memory, as a repository hands them out. */
class MadeSnapshot implements SnapshotSource {
  readonly #trees = new Map<BlobId, readonly TreeNode[]>();
  readonly #blobs = new Map<BlobId, Buffer>();

  add(folder: Made): BlobId {
    const nodes = Object.entries(folder).map(([name, entry]): TreeNode =>
      typeof entry === 'string'
        ? { type: 'file', name, modifiedAt: 0, size: Buffer.byteLength(entry), content: [this.#blob(entry)] }
        : { type: 'dir', name, modifiedAt: 0, subtree: this.add(entry) },
    );
    const id = idOf(JSON.stringify(nodes));
    this.#trees.set(id, nodes);
    return id;
  }

  #blob(text: string): BlobId {
    const id = idOf(text);
    this.#blobs.set(id, Buffer.from(text));
    return id;
  }

  readTree(id: BlobId): Promise<readonly TreeNode[]> {
    const nodes = this.#trees.get(id);
    return nodes === undefined ? Promise.reject(new Error('no such tree')) : Promise.resolve(nodes);
  }

  async *readFile(node: FileNode): AsyncGenerator<Uint8Array> {
    for (const id of node.content) yield await Promise.resolve(this.#blobs.get(id) ?? Buffer.alloc(0));
  }
}

function idOf(text: string): BlobId {
  return parseBlobId(createHash('sha256').update(text).digest('hex'));
}

const assetId = parseUuid('0a0a0a0a-0000-4000-8000-000000000001');
const folderId = parseUuid('0b0b0b0b-0000-4000-8000-000000000001');
const gridDocument = {
  ...{ format: 1, id: assetId, slug: 'harbour', name: 'Harbour', hostnames: [], createdAt: 0 },
  ...{ quotaBytes: 1, timeZone: 'UTC', simulators: [], migrations: [], branches: [], missing: 0 },
};

function assetRow(content: string, changes: Readonly<Record<string, unknown>> = {}): string {
  const blob = createHash('sha256').update(content).digest('base64');
  const row = { id: assetId, blob, size: Buffer.byteLength(content), type: 7, name: 'a', description: '' };
  return `${JSON.stringify({ ...row, creator: '', flags: 0, temporary: 0, local: 0, created_at: 0, ...changes })}\n`;
}

function assetsOf(row: string, content: string): Made {
  return { '1970': { '01': { '01': { 'records.jsonl': row, [`${assetId}.txt`]: content } } } };
}

function folderRow(owner: string, changes: Readonly<Record<string, unknown>> = {}): string {
  const row = { id: folderId, owner, parent: zeroUuid, name: 'My Inventory', type: 8, version: 1 };
  return JSON.stringify({ ...row, ...changes });
}

function inventoryOf(owner: string, folder: Made): Made {
  const resident = JSON.stringify({ id: owner, firstName: 'Olive', lastName: 'Owner' });
  return { [`Olive Owner__${owner}`]: { 'resident.json': resident, ...folder } };
}

async function emptyGrid(context: TestContext): Promise<ScratchGrid> {
  const database = await openDatabase(await freshLocation(context, 'sqlite'));
  context.after(() => database.close());
  return scratchGrid(context, database);
}

async function attempt(
  grid: ScratchGrid,
  made: Made,
  scope: RestoreScope = { kind: 'grid' },
): Promise<unknown> {
  const source = new MadeSnapshot();
  const root: SnapshotRoot = { id: 'made', time: Date.UTC(2026, 10, 22), tree: source.add(made) };
  const request = { scope, placement: 'in-place', dryRun: false } as const;
  return restoreIntoGrid(source, root, grid.services, request, loadContext(grid));
}

const withGrid = (more: Made): Made => ({ 'grid.json': JSON.stringify(gridDocument), ...more });

test('what is sound in a snapshot made by hand is restored', async (context) => {
  const grid = await emptyGrid(context);
  await attempt(grid, withGrid({ assets: assetsOf(assetRow('content'), 'content') }));
  assert.deepEqual(Buffer.from((await grid.services.assets.read(assetId)) ?? []).toString(), 'content');
});

test('what somebody took out of a snapshot does not empty the grid', async (context) => {
  const grid = await emptyGrid(context);
  const older = { ...gridDocument, branches: undefined };
  const assets = assetsOf(assetRow('content'), 'content');
  const before = await grid.services.inventory.counts(grid.ownerId);
  await assert.rejects(
    attempt(grid, { 'grid.json': JSON.stringify(older), assets }),
    (error) => error instanceof RestoreRefusedError && error.message.includes('no inventories'),
  );
  const document = { ...gridDocument, branches: ['assets', 'inventories'] };
  await assert.rejects(
    attempt(grid, { 'grid.json': JSON.stringify(document), assets }),
    SnapshotContentError,
  );
  assert.deepEqual(await grid.services.inventory.counts(grid.ownerId), before);
});

test('a snapshot that says what is not so changes nothing', async (context) => {
  const grid = await emptyGrid(context);
  const owner = grid.ownerId;
  const evil: readonly (readonly [string, Made])[] = [
    ['no grid.json', { assets: {} }],
    ['a newer layout', { 'grid.json': JSON.stringify({ ...gridDocument, format: 2 }) }],
    ['other bytes than the row names', withGrid({ assets: assetsOf(assetRow('content'), 'CONTENT') })],
    ['another size', withGrid({ assets: assetsOf(assetRow('content', { size: 3 }), 'content') })],
    [
      'a size beyond the kind',
      withGrid({ assets: assetsOf(assetRow('content', { size: 2 ** 40 }), 'content') }),
    ],
    [
      'an id that is none',
      withGrid({ assets: assetsOf(assetRow('content', { id: '../../etc' }), 'content') }),
    ],
    ['the same asset twice', withGrid({ assets: assetsOf(assetRow('content').repeat(2), 'content') })],
    ['a type that is none', withGrid({ assets: assetsOf(assetRow('content', { type: 1e9 }), 'content') })],
    ['a row that is a list', withGrid({ assets: assetsOf('[]\n', 'content') })],
    ['no JSON', withGrid({ assets: assetsOf('{"id":', 'content') })],
    [
      'text that cannot be stored',
      withGrid({ assets: assetsOf(assetRow('content', { name: 'a\0b' }), 'content') }),
    ],
    ['a table nobody knows', withGrid({ records: { 'sqlite_master.jsonl': '{"name":"x"}\n' } })],
    ['a table with a path for a name', withGrid({ records: { '..evil.jsonl': '' } })],
    [
      'a folder of somebody else',
      withGrid({
        inventories: inventoryOf(owner, {
          [`a__${folderId}`]: { 'folder.json': folderRow('0c0c0c0c-0000-4000-8000-000000000001') },
        }),
      }),
    ],
    [
      'a folder within itself',
      withGrid({
        inventories: inventoryOf(owner, {
          [`a__${folderId}`]: {
            'folder.json': folderRow(owner),
            [`b__${folderId}`]: { 'folder.json': folderRow(owner, { parent: folderId }) },
          },
        }),
      }),
    ],
    [
      'entries in the wrong part of a collection',
      withGrid({ assets: { '1970': { '01': { '01': { ff: { 'records.jsonl': assetRow('content') } } } } } }),
    ],
  ];
  const before = await grid.services.accounts.count();
  const [root] = await grid.services.inventory.skeleton(owner);
  for (const [what, made] of evil) await assert.rejects(attempt(grid, made), SnapshotContentError, what);
  assert.equal(await grid.services.accounts.count(), before);
  assert.ok((await grid.services.inventory.skeleton(owner)).some((folder) => folder.id === root?.id));
  assert.equal(await grid.services.assets.find(assetId), undefined);
  assert.deepEqual((await readdir(grid.folder)).sort(), ['blobs', 'temporary']);
  assert.deepEqual(await readdir(join(grid.folder, 'temporary')), []);
});

test('what is not in the snapshot, or not in the grid, is refused with a reason', async (context) => {
  const grid = await emptyGrid(context);
  const stranger = parseUuid('0c0c0c0c-0000-4000-8000-000000000001');
  const made = withGrid({
    inventories: inventoryOf(stranger, { [`a__${folderId}`]: { 'folder.json': folderRow(stranger) } }),
  });
  const scopes: readonly RestoreScope[] = [
    { kind: 'inventory', residentId: stranger },
    { kind: 'folder', residentId: stranger, folderId: assetId },
    { kind: 'item', residentId: grid.ownerId, itemId: assetId },
    { kind: 'region', regionId: assetId },
    { kind: 'object', regionId: assetId, objectId: assetId },
    { kind: 'asset', assetId },
  ];
  for (const scope of scopes) await assert.rejects(attempt(grid, made, scope), RestoreRefusedError);
});

test('whatever stands in records and names, looking at them ends in an answer or an error of its own', async () => {
  const name = fc.oneof(
    fc.constantFrom('records.jsonl', 'folder.json', 'region.json', 'items', 'ab', '2026', `x__${folderId}`),
    fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text !== '__proto__'),
  );
  const text = fc.oneof(fc.string(), fc.json(), fc.constant(assetRow('content')));
  const { made } = fc.letrec<{ made: Made }>((tie) => ({
    made: fc.dictionary(name, fc.oneof({ maxDepth: 4 }, text, tie('made')), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  }));
  await fc.assert(
    fc.asyncProperty(
      made,
      made,
      fc.constantFrom('', 'assets', 'inventories/x', 'regions'),
      async (a, b, path) => {
        const source = new MadeSnapshot();
        const roots = [a, b].map((one): SnapshotRoot => ({
          ...{ id: 'made', time: 0 },
          tree: source.add(withGrid({ assets: one, inventories: { x: one }, regions: one, records: one })),
        }));
        const [older, newer] = roots;
        if (older === undefined || newer === undefined) return;
        const ownError = (error: unknown): void =>
          assert.ok(error instanceof SnapshotContentError, String(error));
        await browseSnapshot(source, older, path).then(() => undefined, ownError);
        const all = async (): Promise<void> => {
          for await (const _ of diffSnapshots(source, older, newer)) continue;
        };
        await all().catch(ownError);
      },
    ),
    { numRuns: 150 },
  );
});
