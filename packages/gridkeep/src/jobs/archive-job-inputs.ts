/** The kinds of archive jobs and what each takes; apart from the work itself, so that asking for it loads little. */
import Type from 'typebox';

export const regionLoadKind = 'region-load';
export const regionSaveKind = 'region-save';
export const inventoryLoadKind = 'inventory-load';
export const inventorySaveKind = 'inventory-save';

export const regionLoadInputSchema = Type.Object({
  source: Type.String(),
  regionId: Type.String(),
  mode: Type.Union([Type.Literal('replace'), Type.Literal('merge')]),
  existing: Type.Union([Type.Literal('skip'), Type.Literal('replace')]),
  mergeTerrain: Type.Boolean(),
  /** Metres; null for none. */
  displacement: Type.Union([
    Type.Object({ x: Type.Number(), y: Type.Number(), z: Type.Number() }),
    Type.Null(),
  ]),
  createMissing: Type.Boolean(),
  resize: Type.Boolean(),
  strict: Type.Boolean(),
});
export type RegionLoadInput = Type.Static<typeof regionLoadInputSchema>;

export const regionSaveInputSchema = Type.Object({
  regionIds: Type.Array(Type.String()),
  target: Type.String(),
  overwrite: Type.Boolean(),
  withAssets: Type.Boolean(),
  keepKeyframeMotion: Type.Boolean(),
});
export type RegionSaveInput = Type.Static<typeof regionSaveInputSchema>;

export const inventoryLoadInputSchema = Type.Object({
  source: Type.String(),
  residentId: Type.String(),
  destination: Type.String(),
  createDestination: Type.Boolean(),
  mode: Type.Union([Type.Literal('merge'), Type.Literal('add'), Type.Literal('replace')]),
  strict: Type.Boolean(),
});
export type InventoryLoadInput = Type.Static<typeof inventoryLoadInputSchema>;

export const inventorySaveInputSchema = Type.Object({
  residentId: Type.String(),
  path: Type.String(),
  target: Type.String(),
  overwrite: Type.Boolean(),
  withAssets: Type.Boolean(),
});
export type InventorySaveInput = Type.Static<typeof inventorySaveInputSchema>;
