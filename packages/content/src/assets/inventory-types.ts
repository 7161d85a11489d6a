/** Inventory types (OpenMetaverse's InventoryType): what an item in an inventory is to its owner. */
export const InventoryTypes = {
  unknown: -1,
  texture: 0,
  sound: 1,
  callingCard: 2,
  landmark: 3,
  object: 6,
  notecard: 7,
  folder: 8,
  rootFolder: 9,
  script: 10,
  snapshot: 15,
  attachment: 17,
  wearable: 18,
  animation: 19,
  gesture: 20,
  mesh: 22,
  settings: 25,
  material: 26,
  gltf: 27,
  gltfBinary: 28,
} as const;

export type InventoryType = (typeof InventoryTypes)[keyof typeof InventoryTypes];

const known: ReadonlyMap<number, InventoryType> = new Map(
  Object.values(InventoryTypes).map((type) => [type, type]),
);

export function parseInventoryType(value: number): InventoryType | undefined {
  return known.get(value);
}
