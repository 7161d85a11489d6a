import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssetType } from './asset-kinds.ts';
import {
  assetKind,
  assetKinds,
  AssetTypes,
  assetTypeOfContentType,
  assetTypeOfTextName,
  parseAssetType,
} from './asset-kinds.ts';

test('every type has one kind, and only known numbers are types', () => {
  assert.equal(new Set(assetKinds.map(({ type }) => type)).size, Object.keys(AssetTypes).length);
  for (const type of Object.values(AssetTypes)) {
    assert.equal(parseAssetType(type), type);
    assert.equal(assetKind(type).type, type);
  }
  for (const number of [-3, 4, 9, 14, 40, 45, 60, 0.5, Number.NaN])
    assert.equal(parseAssetType(number), undefined);
});

test('content types map back as Robust maps them', () => {
  const ambiguous = new Map<AssetType, AssetType>([
    [-2, 57],
    [18, 12],
    [26, -1],
    [56, -1],
    [58, -1],
    [59, -1],
  ]);
  for (const { type, contentType } of assetKinds)
    assert.equal(assetTypeOfContentType(contentType), ambiguous.get(type) ?? type, contentType);
  assert.equal(assetTypeOfContentType('image/jp2'), 0);
  assert.equal(assetTypeOfContentType('application/ogg'), 1);
  assert.equal(assetTypeOfContentType('Application/X-Metaverse-Notecard; charset=utf-8'), 7);
  assert.equal(assetTypeOfContentType('text/html'), undefined);
});

test('text names are those of viewers', () => {
  assert.equal(assetTypeOfTextName('animatn'), 20);
  assert.equal(assetTypeOfTextName('Animation'), undefined);
});
