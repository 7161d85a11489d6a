import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import { checkAsset } from '@gridkeep/content/assets/check-asset';
import { agrees, sniffAsset } from '@gridkeep/content/assets/sniff';
import { WorldAssets } from './assets.ts';

const count = 600;

test('a made world holds sound assets in the promised sizes, a fifth to a quarter of them twice', () => {
  const world = new WorldAssets(4);
  const contents = new Set<string>();
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const asset = world.at(index);
    const type = parseAssetType(asset.type);
    assert.ok(type !== undefined);
    assert.deepEqual(checkAsset(type, asset.bytes), [], `asset ${index} of type ${type}`);
    assert.ok(agrees(type, sniffAsset(asset.bytes)));
    assert.deepEqual(world.kindAt(index), { id: asset.id, type: asset.type });
    contents.add(asset.bytes.toString('latin1'));
    bytes += asset.bytes.length;
  }
  assert.ok(bytes / count > 45_000 && bytes / count < 90_000, `mean ${bytes / count}`);
  assert.ok(contents.size / count > 0.72 && contents.size / count < 0.83, `${contents.size} contents`);
});
