/** Wearable types (viewers' llwearabletype.h): the low byte of a wearable item's flags and the `type` line of its asset. */
import type { AssetType } from './asset-kinds.ts';
import { AssetTypes } from './asset-kinds.ts';

export const WearableTypes = {
  shape: 0,
  skin: 1,
  hair: 2,
  eyes: 3,
  shirt: 4,
  pants: 5,
  shoes: 6,
  socks: 7,
  jacket: 8,
  gloves: 9,
  undershirt: 10,
  underpants: 11,
  skirt: 12,
  alpha: 13,
  tattoo: 14,
  physics: 15,
  universal: 16,
} as const;

export type WearableType = (typeof WearableTypes)[keyof typeof WearableTypes];

const known: ReadonlyMap<number, WearableType> = new Map(
  Object.values(WearableTypes).map((type) => [type, type]),
);

export function parseWearableType(value: number): WearableType | undefined {
  return known.get(value);
}

/** Shape, skin, hair and eyes are body parts, everything else is clothing. */
export function assetTypeOfWearable(wearable: WearableType): AssetType {
  return wearable <= WearableTypes.eyes ? AssetTypes.bodypart : AssetTypes.clothing;
}
