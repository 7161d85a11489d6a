/** Everything in assets/ against assets that OpenSimulator itself saved or ships. */
import { fixture, missing } from '@gridkeep/testing/requirements';
import type { Uuid } from '@gridkeep/wire/uuid';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parseAssetFileName } from './asset-file-name.ts';
import type { AssetType } from './asset-kinds.ts';
import { assetKinds, parseAssetType } from './asset-kinds.ts';
import { isBuiltIn } from './built-in.ts';
import { checkAsset } from './check-asset.ts';
import { textureInfo } from './jpeg2000.ts';
import { findReferences } from './references.ts';
import { agrees, sniffAsset } from './sniff.ts';
import { findTextUuids } from './text-uuids.ts';

interface RealAsset {
  readonly name: string;
  readonly id: Uuid;
  readonly type: AssetType;
  readonly bytes: Uint8Array;
}

/** Whole archives in memory, headers trusted: for known samples only. */
function* entriesOf(archive: string): Generator<{ path: string; bytes: Uint8Array }> {
  const tar = gunzipSync(readFileSync(archive));
  let longName: string | undefined;
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + 512);
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
    const bytes = tar.subarray(at + 512, at + 512 + size);
    const type = String.fromCharCode(header[156] ?? 0);
    at += 512 + Math.ceil(size / 512) * 512;
    if (type === 'L') {
      longName = bytes.toString('utf8').replace(/\0+$/, '');
      continue;
    }
    yield { path: longName ?? header.toString('utf8', 0, 100).replace(/\0.*$/s, ''), bytes };
    longName = undefined;
  }
}

const archives = [
  'oar/big-bay-512.oar',
  'oar/plaza-objects.oar',
  'oar/two-regions.oar',
  'iar/ada-inventory.iar',
  'iar/default-inventory.iar',
  'iar/sloodle-rezzer-2012.iar',
];

function archivedAssets(archive: string): readonly RealAsset[] {
  const found: RealAsset[] = [];
  for (const { path, bytes } of entriesOf(fixture(...archive.split('/')))) {
    if (!path.startsWith('assets/')) continue;
    const parsed = parseAssetFileName(basename(path));
    assert.ok('type' in parsed, path);
    found.push({ name: basename(path), ...parsed, bytes });
  }
  return found;
}

/** What the asset sets of OpenSimulator's stock library name. */
function libraryAssets(): readonly RealAsset[] {
  const root = fixture('opensim-library', 'assets');
  const found: RealAsset[] = [];
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.xml')) continue;
    for (const [section] of readFileSync(join(root, file), 'utf8').matchAll(/<Section[^]*?<\/Section>/g)) {
      const value = (key: string): string =>
        new RegExp(`Name="${key}"\\s+Value="([^"]*)"`).exec(section)?.[1] ?? '';
      const type = parseAssetType(Number(value('assetType') || Number.NaN));
      if (type === undefined) continue;
      const name = value('fileName');
      const bytes = readFileSync(join(root, dirname(file), name));
      found.push({ name, id: parseUuid(value('assetID')), type, bytes });
    }
  }
  return found;
}

/** Ids that anything but an asset names: objects, settings, parcels, inventory items, with binary blocks decoded. */
function rootIds(archive: string): Set<Uuid> {
  const ids = new Set<Uuid>();
  for (const { path, bytes } of entriesOf(fixture(...archive.split('/')))) {
    if (path.startsWith('assets/')) continue;
    const object = path.includes('objects/') ? findReferences(6, bytes).references : [];
    for (const { id } of object) ids.add(id);
    if (path.includes('settings/') || path.startsWith('inventory/'))
      for (const { id } of findTextUuids(Buffer.from(bytes).toString('latin1'))) ids.add(id);
  }
  ids.delete(zeroUuid);
  return ids;
}

// Stated on each test: a skipped suite would not be counted.
const skip = missing('fixtures');

describe('real assets', () => {
  for (const archive of archives) {
    test(`every asset of ${archive} is what its name says and sound`, { skip }, () => {
      const assets = archivedAssets(archive);
      assert.ok(assets.length > 0);
      for (const { name, type, bytes } of assets) {
        assert.ok(agrees(type, sniffAsset(bytes)), `${name}: ${sniffAsset(bytes)}`);
        assert.deepEqual(checkAsset(type, bytes, { inflateMeshes: true }), [], name);
        assert.equal(findReferences(type, bytes).problem, undefined, name);
      }
    });

    test(`references reach every asset of ${archive}`, { skip }, () => {
      const reached = rootIds(archive);
      const assets = new Map(archivedAssets(archive).map((asset) => [asset.id, asset]));
      const absent = new Set<Uuid>();
      const queue = [...reached];
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        const asset = assets.get(id);
        if (asset === undefined) continue;
        for (const reference of findReferences(asset.type, asset.bytes).references) {
          if (reference.certain && !assets.has(reference.id) && !isBuiltIn(reference.id))
            absent.add(reference.id);
          if (reached.has(reference.id)) continue;
          reached.add(reference.id);
          queue.push(reference.id);
        }
      }
      const left = [...assets.keys()].filter((id) => !reached.has(id));
      assert.deepEqual(left, assets.has(zeroUuid) ? [zeroUuid] : []);
      // Three textures embedded in a notecard of 2012 were lost on their grid already.
      const lost = archive.includes('plaza-objects') || archive.includes('sloodle') ? 3 : 0;
      assert.equal(absent.size, lost);
    });
  }

  test('the stock library is sound, but for one notecard that is plain text', { skip }, () => {
    const assets = libraryAssets();
    assert.ok(assets.length > 300);
    for (const { name, type, bytes } of assets) {
      const problems = checkAsset(type, bytes);
      if (name === 'welcomeNote.dat')
        assert.deepEqual(
          problems.map(({ rule, severity }) => [rule, severity]),
          [['kind', 'warning']],
        );
      else assert.deepEqual(problems, [], name);
    }
  });

  test('stock gestures, settings and wearables name assets of the library or built-in ones', { skip }, () => {
    const assets = libraryAssets();
    const present = new Set(assets.map(({ id }) => id));
    const count = new Map<AssetType, number>();
    for (const { name, type, bytes } of assets) {
      if (type === 10) continue;
      for (const reference of findReferences(type, bytes).references) {
        assert.ok(
          present.has(reference.id) || isBuiltIn(reference.id),
          `${name}: ${reference.where} ${reference.id}`,
        );
        count.set(type, (count.get(type) ?? 0) + 1);
      }
    }
    assert.deepEqual([...count.keys()].sort(), [13, 21, 5, 56].sort());
  });

  test('damaged real assets never make a check or a search throw', { skip }, () => {
    const byType = new Map<AssetType, Uint8Array>();
    const all = [...libraryAssets(), ...archives.flatMap(archivedAssets)];
    for (const { type, bytes } of all) {
      const known = byType.get(type);
      if (known === undefined || bytes.length < known.length) byType.set(type, bytes);
    }
    for (const [type, bytes] of byType) {
      const edit = fc.tuple(fc.nat(Math.min(bytes.length, 4096) - 1), fc.integer({ min: 0, max: 255 }));
      fc.assert(
        fc.property(
          fc.array(edit, { minLength: 1, maxLength: 8 }),
          fc.nat(bytes.length),
          fc.boolean(),
          (edits, end, cut) => {
            const damaged = Uint8Array.from(bytes);
            for (const [at, byte] of edits) damaged[at] = byte;
            const tried = cut ? damaged.subarray(0, end) : damaged;
            checkAsset(type, tried, { inflateMeshes: true });
            findReferences(type, tried);
            textureInfo(tried);
          },
        ),
        { numRuns: 150 },
      );
    }
  });
});

test('random bytes never make anything throw, under any type', () => {
  const prefix = fc.constantFrom(
    '',
    'Linden text version 2\n',
    'LLWearable version 22\n',
    'Landmark version 2\n',
    '2\n0\n0\n',
    'OggS',
    'RIFF1234WAVE',
    '<? LLSD/Binary ?>\n{',
    '<llsd>',
    '{\0\0\0\u0001k',
    '\u0001\0\0\0',
    '\u00ff\u004f\u00ff\u0051',
    '\u00ff\u00d8\u00ff',
  );
  fc.assert(
    fc.property(
      prefix,
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...assetKinds),
      (head, tail, kind) => {
        const bytes = Buffer.concat([Buffer.from(head, 'latin1'), tail]);
        for (const problem of checkAsset(kind.type, bytes, { inflateMeshes: true }))
          assert.ok(problem.message);
        for (const { id } of findReferences(kind.type, bytes).references) assert.notEqual(id, zeroUuid);
      },
    ),
    { numRuns: 3000 },
  );
});
