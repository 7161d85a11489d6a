/** Folder types (OpenMetaverse's FolderType): -1 for an ordinary folder, others for the system folders of a resident. */
export const FolderTypes = {
  none: -1,
  texture: 0,
  sound: 1,
  callingCard: 2,
  landmark: 3,
  clothing: 5,
  object: 6,
  notecard: 7,
  root: 8,
  lslText: 10,
  bodyPart: 13,
  trash: 14,
  snapshot: 15,
  lostAndFound: 16,
  animation: 20,
  gesture: 21,
  favorites: 23,
  currentOutfit: 46,
  outfit: 47,
  myOutfits: 48,
  mesh: 49,
  inbox: 50,
  outbox: 51,
  marketplaceListings: 53,
  settings: 56,
  material: 57,
  suitcase: 100,
} as const;

export type FolderType = (typeof FolderTypes)[keyof typeof FolderTypes];

const known: ReadonlyMap<number, FolderType> = new Map(
  Object.values(FolderTypes).map((type) => [type, type]),
);

export function parseFolderType(value: number): FolderType | undefined {
  return known.get(value);
}
