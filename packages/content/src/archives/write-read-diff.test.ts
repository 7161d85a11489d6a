import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import { parseControlFile, writeInventoryControl, writeRegionControl } from '../documents/control-file.ts';
import { writeInventoryItem } from '../documents/inventory-item.ts';
import { writeParcel } from '../documents/parcel-xml.ts';
import { writeRegionSettings } from '../documents/region-settings-xml.ts';
import type { ArchiveEntry, ItemEntry, PathStep } from './archive-entry.ts';
import type { ArchiveAsset } from './asset-entries.ts';
import { readArchive } from './archive-reader.ts';
import { diffArchives } from './diff-archives.ts';
import { objectEntryName, settingsEntryName } from './entry-names.ts';
import { ArchiveContentError, writeIar } from './iar-writer.ts';
import type { InventoryFolderContent, InventoryItemContent } from './iar-writer.ts';
import { inspectArchive } from './inspect-archive.ts';
import { writeOar } from './oar-writer.ts';
import { writeTar } from './tar-writer.ts';
import type { OarObjectContent, OarParcelContent, OarRegionContent } from './oar-writer.ts';

const skip = missing('fixtures');
const oars = [
  'big-bay-512',
  'plaza-home-noassets',
  'plaza-objects',
  'plaza-publish-noassets',
  'terrain-only',
  'two-regions',
];
const iars = [
  'ada-exclude',
  'ada-inventory',
  'ada-projects-noassets',
  'default-inventory',
  'sloodle-rezzer-2012',
];

async function entriesOf(path: string): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  for await (const entry of readArchive(path)) entries.push(entry);
  return entries;
}

function assetsOf(entries: readonly ArchiveEntry[]): ArchiveAsset[] {
  return entries.filter((entry) => entry.kind === 'asset').reverse();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

async function rewriteOar(from: string, to: string): Promise<void> {
  const entries = await entriesOf(from);
  const regions = new Map<
    string,
    Mutable<OarRegionContent> & { objects: OarObjectContent[]; parcels: OarParcelContent[] }
  >();
  let control: Uint8Array | undefined;
  for (const entry of entries) {
    if (entry.kind === 'control') {
      const [region] = entry.control.regions;
      assert.ok(region !== undefined);
      control = entry.control.isMultiRegion
        ? undefined
        : writeRegionControl({ id: randomUuid(), size: region.size }, { savedAt: 1, assetsIncluded: true });
    }
    if (!('regionDir' in entry)) continue;
    const region = regions.get(entry.regionDir) ?? {
      name: 'Renamed, of course',
      dir: entry.regionDir,
      settings: undefined,
      terrain: undefined,
      objects: [],
      parcels: [],
    };
    regions.set(entry.regionDir, region);
    if (entry.kind === 'settings') region.settings = writeRegionSettings(entry.settings);
    else if (entry.kind === 'terrain') region.terrain = entry.bytes;
    else if (entry.kind === 'parcel')
      region.parcels.unshift({ id: entry.parcel.id, xml: writeParcel(entry.parcel) });
    else if (entry.kind === 'object')
      region.objects.unshift({
        id: entry.object.rootId,
        name: entry.object.name,
        position: { x: 1, y: 2, z: 3 },
        xml: entry.bytes,
      });
  }
  const tar = gunzipSync(await readFile(from));
  control ??= tar.subarray(512, 512 + parseInt(tar.toString('latin1', 124, 135), 8));
  parseControlFile(control);
  const content = { control, regions: [...regions.values()].reverse(), assets: assetsOf(entries) };
  await pipeline(writeOar(content, { level: 1 }), createWriteStream(to));
}

interface Node {
  readonly step: PathStep;
  readonly folders: Map<string, Node>;
  readonly items: ItemEntry[];
}

function content(
  node: Node,
  ids: Map<string, string>,
): { folders: InventoryFolderContent[]; items: InventoryItemContent[] } {
  const fresh = (id: string | undefined): string => {
    const old = id ?? '';
    const known = ids.get(old) ?? randomUuid();
    ids.set(old, known);
    return known;
  };
  return {
    folders: [...node.folders.values()].reverse().map((child) => ({
      id: parseUuid(fresh(child.step.id)),
      name: child.step.name,
      ...content(child, ids),
    })),
    items: node.items.map(({ item }) => {
      const isLink = item.assetType === 24 || item.assetType === 25;
      const id = parseUuid(fresh(item.id));
      const assetId = isLink ? parseUuid(fresh(item.assetId)) : item.assetId;
      return { id, name: item.name, xml: writeInventoryItem({ ...item, id, assetId, owner: randomUuid() }) };
    }),
  };
}

/** As a load and a save would: every item and folder gets a new id, links follow. */
async function rewriteIar(from: string, to: string): Promise<void> {
  const entries = await entriesOf(from);
  const root: Node = { step: { name: '', id: undefined }, folders: new Map(), items: [] };
  const at = (path: readonly PathStep[]): Node => {
    let node = root;
    for (const step of path) {
      const key = `${step.name} ${step.id ?? ''}`;
      const next: Node = node.folders.get(key) ?? { step, folders: new Map(), items: [] };
      node.folders.set(key, next);
      node = next;
    }
    return node;
  };
  for (const entry of entries) {
    if (entry.kind === 'folder') at(entry.path);
    if (entry.kind === 'item') at(entry.path).items.push(entry);
  }
  const control = writeInventoryControl({ assetsIncluded: true, withHome: false });
  const tree = content(root, new Map());
  await pipeline(writeIar({ control, ...tree, assets: assetsOf(entries) }), createWriteStream(to));
}

async function assertEqual(a: string, b: string): Promise<void> {
  const diff = await diffArchives(a, b);
  assert.deepEqual(diff.differences, []);
  assert.equal(diff.equal, true);
  assert.ok(Object.values(diff.counts).some((count) => count.same > 0));
}

for (const name of oars)
  test(`${name}.oar: what is written again means the same`, { skip }, async (t) => {
    const copy = join(await temporaryFolder(t), 'copy.oar');
    await rewriteOar(fixture('oar', `${name}.oar`), copy);
    await assertEqual(fixture('oar', `${name}.oar`), copy);
    const [before, after] = [await inspectArchive(fixture('oar', `${name}.oar`)), await inspectArchive(copy)];
    assert.equal(after.entriesRefused, 0);
    assert.deepEqual(after.assets, before.assets);
    assert.equal(after.references.missing, before.references.missing);
  });

for (const name of iars)
  test(`${name}.iar: what is written again means the same, though all ids are new`, { skip }, async (t) => {
    const copy = join(await temporaryFolder(t), 'copy.iar');
    await rewriteIar(fixture('iar', `${name}.iar`), copy);
    await assertEqual(fixture('iar', `${name}.iar`), copy);
    const report = await inspectArchive(copy);
    assert.equal(report.inventory?.outOfOrder, false);
    assert.deepEqual(
      report.findings.filter(({ rule }) => rule === 'C5'),
      [],
    );
  });

async function changed(t: TestContext, change: (entries: ArchiveEntry[]) => void): Promise<string> {
  const entries = await entriesOf(fixture('hostile', 'baseline.oar'));
  change(entries);
  const bodies = entries.flatMap((entry) =>
    'bytes' in entry ? [{ name: entry.name, bytes: entry.bytes }] : [],
  );
  const path = join(await temporaryFolder(t), 'changed.oar');
  const control = writeRegionControl(
    { id: randomUuid(), size: { x: 256, y: 256 } },
    { savedAt: 2, assetsIncluded: true },
  );
  const parts: Uint8Array[] = [];
  for await (const part of writeTar([{ name: 'archive.xml', bytes: control }, ...bodies])) parts.push(part);
  await writeFile(path, Buffer.concat(parts));
  return path;
}

function replaced(
  entries: ArchiveEntry[],
  kind: ArchiveEntry['kind'],
  edit: (bytes: Buffer) => Buffer,
): void {
  const index = entries.findIndex((entry) => entry.kind === kind);
  const entry = entries[index];
  assert.ok(entry !== undefined && 'bytes' in entry);
  entries[index] = { ...entry, bytes: edit(Buffer.from(entry.bytes)) };
}

test('one changed byte anywhere is found and named', { skip }, async (t) => {
  const baseline = fixture('hostile', 'baseline.oar');
  await assertEqual(baseline, await changed(t, () => undefined));
  const cases: readonly (readonly [string, (entries: ArchiveEntry[]) => void, RegExp])[] = [
    [
      'asset',
      (all) => replaced(all, 'asset', (bytes) => Buffer.concat([bytes, Buffer.from('x')])),
      /SHA-256/,
    ],
    [
      'terrain',
      (all) => replaced(all, 'terrain', (bytes) => (bytes.writeFloatLE(33.5, 400), bytes)),
      /SHA-256/,
    ],
    [
      'object',
      (all) =>
        replaced(all, 'object', (bytes) =>
          Buffer.from(bytes.toString().replace('<Name>Box</Name>', '<Name>Bax</Name>')),
        ),
      /Name: "Box" and "Bax"/,
    ],
    [
      'settings',
      (all) =>
        replaced(all, 'settings', (bytes) =>
          Buffer.from(bytes.toString().replace('<WaterHeight>20', '<WaterHeight>21')),
        ),
      /waterHeight: 20 and 21/,
    ],
    [
      'parcel',
      (all) =>
        replaced(all, 'parcel', (bytes) =>
          Buffer.from(bytes.toString().replace(/<Name>[^<]*/, '<Name>Mine')),
        ),
      /name: .* and "Mine"/,
    ],
  ];
  for (const [what, change, expected] of cases) {
    const diff = await diffArchives(baseline, await changed(t, change));
    assert.equal(diff.equal, false, what);
    assert.deepEqual(
      diff.differences.map((difference) => [difference.what, difference.change]),
      [[what, 'differs']],
    );
    assert.match(diff.differences[0]?.details.join() ?? '', expected);
  }
  const lost = await diffArchives(
    baseline,
    await changed(
      t,
      (all) =>
        void all.splice(
          all.findIndex((entry) => entry.kind === 'object'),
          1,
        ),
    ),
  );
  assert.deepEqual(
    lost.differences.map(({ what, change }) => [what, change]),
    [['object', 'only in a']],
  );
  assert.equal(lost.counts.object.onlyInA, 1);
});

test('lists are bounded, counts are not', { skip }, async () => {
  const diff = await diffArchives(
    fixture('oar', 'plaza-objects.oar'),
    fixture('oar', 'plaza-home-noassets.oar'),
    { listedPerKind: 2 },
  );
  assert.equal(diff.counts.asset.onlyInA, 233);
  assert.equal(diff.differences.filter(({ what }) => what === 'asset').length, 2);
});

test('names of entries hold nothing that leads elsewhere', () => {
  const id = parseUuid('11111111-1111-0000-0000-000100bba000');
  assert.equal(
    objectEntryName('East prim 4', { x: 117.6, y: 128.5, z: 42.5 }, id),
    `objects/East prim 4_118-128-042__${id}.xml`,
  );
  assert.equal(
    objectEntryName('../../é\n\\x', { x: -5, y: 1000, z: -0.4 }, id),
    `objects/.._.._??_x_-005-1000-000__${id}.xml`,
  );
  assert.equal(settingsEntryName('../../escaped'), 'settings/.._.._escaped.xml');
});

test('folders without end are an error, not an endless archive', async () => {
  const loop: InventoryFolderContent = {
    id: parseUuid('11111111-1111-0000-0000-000100bba000'),
    name: 'a',
    items: [],
    get folders() {
      return [loop];
    },
  };
  const writing = async (): Promise<void> => {
    for await (const chunk of writeIar({
      control: Buffer.from('<archive/>'),
      folders: [loop],
      items: [],
      assets: [],
    }))
      assert.ok(chunk.length > 0);
  };
  await assert.rejects(writing, ArchiveContentError);
});

test('an asset of a type without a suffix is kept as unknown', async () => {
  const id = randomUuid();
  const archive = writeIar({
    control: writeInventoryControl({ assetsIncluded: true, withHome: false }),
    folders: [],
    items: [],
    assets: [{ id, type: 58, bytes: Buffer.from('{"asset":{}}') }],
  });
  const assets: string[] = [];
  await inspectArchive(archive, {
    sink: { asset: async (asset) => void assets.push(`${asset.id} ${asset.type}`) },
  });
  assert.deepEqual(assets, [`${id} -1`]);
});
