/** How an avatar looks of whom nothing is known. Source: OpenSim/Framework/AvatarAppearance.cs, AvatarWearable.cs. */
export const stockHeight = 1.771488;

export interface WornItem {
  readonly item: string;
  readonly asset: string;
}

/** By wearable type: shape, skin, hair, eyes, shirt, pants. */
export const stockWearables: readonly WornItem[] = [
  { item: '66c41e39-38f9-f75a-024e-585989bfaba9', asset: '66c41e39-38f9-f75a-024e-585989bfab73' },
  { item: '77c41e39-38f9-f75a-024e-585989bfabc9', asset: '77c41e39-38f9-f75a-024e-585989bbabbb' },
  { item: 'd342e6c1-b9d2-11dc-95ff-0800200c9a66', asset: 'd342e6c0-b9d2-11dc-95ff-0800200c9a66' },
  { item: 'cdc31054-eed8-4021-994f-4e0c6e861b50', asset: '4bb6fa4d-1cd2-498a-a84c-95c1a0e745a7' },
  { item: '77c41e39-38f9-f75a-0000-585989bf0000', asset: '00000000-38f9-1111-024e-222222111110' },
  { item: '77c41e39-38f9-f75a-0000-5859892f1111', asset: '00000000-38f9-1111-024e-222222111120' },
];

/** The 218 visual parameters, one byte each. */
// prettier-ignore
export const stockVisualParams: readonly number[] = [
  33, 61, 85, 23, 58, 127, 63, 85, 63, 42, 0, 85, 63, 36, 85, 95, 153, 63, 34, 0, 63, 109, 88, 132,
  63, 136, 81, 85, 103, 136, 127, 0, 150, 150, 150, 127, 0, 0, 0, 0, 0, 127, 0, 0, 255, 127, 114, 127,
  99, 63, 127, 140, 127, 127, 0, 0, 0, 191, 0, 104, 0, 0, 0, 0, 0, 0, 0, 0, 0, 145, 216, 133,
  0, 127, 0, 127, 170, 0, 0, 127, 127, 109, 85, 127, 127, 63, 85, 42, 150, 150, 150, 150, 150, 150, 150, 25,
  150, 150, 150, 0, 127, 0, 0, 144, 85, 127, 132, 127, 85, 0, 127, 127, 127, 127, 127, 127, 59, 127, 85, 127,
  127, 106, 47, 79, 127, 127, 204, 2, 141, 66, 0, 0, 127, 127, 0, 0, 0, 0, 127, 0, 159, 0, 0, 178,
  127, 36, 85, 131, 127, 127, 127, 153, 95, 0, 140, 75, 27, 127, 127, 0, 150, 150, 198, 0, 0, 63, 30, 127,
  165, 209, 198, 127, 127, 153, 204, 51, 51, 255, 255, 255, 204, 0, 255, 150, 150, 150, 150, 150, 150, 150, 150, 150,
  150, 0, 150, 150, 150, 150, 150, 0, 127, 127, 150, 150, 150, 150, 150, 150, 150, 150, 0, 0, 150, 51, 132, 150,
  150, 150,
];

/** What simulators show until the viewer has baked the avatar's textures. */
export const defaultAvatarTexture = 'c228d1cf-4b5d-4ba8-84f4-899a0796aa97';
/** Faces of an avatar, for receivers that know no packed texture entry. */
export const avatarFaces = 29;

/** A texture entry in which every face has the default texture, as packed for version 0.8. */
// prettier-ignore
export const stockTextureEntry: readonly number[] = [
  194, 40, 209, 207, 75, 93, 75, 168, 132, 244, 137, 154, 7, 150, 170, 151, 0, 0, 0, 0, 0, 0, 0, 0,
  128, 63, 0, 0, 0, 128, 63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];
