import { parseUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assetFileName, parseAssetFileName } from './asset-file-name.ts';
import { assetKinds } from './asset-kinds.ts';

const id = parseUuid('5748decc-f629-461c-9a36-a35a221fe21f');

test('names are written and read back, in any case', () => {
  for (const { type, archiveSuffix } of assetKinds) {
    const name = assetFileName(id, type);
    assert.equal(name === undefined, archiveSuffix === undefined);
    if (name === undefined) continue;
    assert.deepEqual(parseAssetFileName(name), { id, type });
    assert.deepEqual(parseAssetFileName(name.toUpperCase()), { id, type });
  }
});

test('two kinds of texture and image differ by the whole suffix', () => {
  assert.deepEqual(parseAssetFileName(`${id}_texture.tga`), { id, type: 12 });
  assert.deepEqual(parseAssetFileName(`${id}_image.tga`), { id, type: 18 });
});

test('an id without dashes is accepted, as OpenSimulator does', () => {
  assert.deepEqual(parseAssetFileName(`${id.replaceAll('-', '')}_notecard.txt`), { id, type: 7 });
});

test('other names say what is wrong with them', () => {
  const problemOf = (name: string): unknown => {
    const parsed = parseAssetFileName(name);
    return 'problem' in parsed ? [parsed.problem, parsed.id] : parsed;
  };
  assert.deepEqual(problemOf(id), ['the name has no "_" after the id', undefined]);
  assert.deepEqual(problemOf(`x_texture.jp2`), ['the part before the last "_" is not a UUID', undefined]);
  assert.deepEqual(problemOf(`${id}_a_texture.jp2`), [
    'the part before the last "_" is not a UUID',
    undefined,
  ]);
  assert.deepEqual(problemOf(`${id}_hologram.xyz`), ['the suffix stands for no kind of asset', id]);
});

test('any name is answered', () => {
  fc.assert(fc.property(fc.string(), (name) => 'problem' in parseAssetFileName(name)));
});
