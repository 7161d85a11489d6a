/** Settings of a region with the two flags of its estate, as archives hold them (RegionSettingsSerializer.cs). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { AssetReference } from '../assets/asset-reference.ts';

/** One value per corner of the region. */
export interface Corners {
  readonly southWest: number;
  readonly northWest: number;
  readonly southEast: number;
  readonly northEast: number;
}

/** Relative to the telehub: radians, radians, metres. */
export interface SpawnPoint {
  readonly yaw: number;
  readonly pitch: number;
  readonly distance: number;
}

export type FourIds = readonly [Uuid, Uuid, Uuid, Uuid];

export interface RegionSettings {
  readonly allowDamage: boolean;
  readonly allowLandResell: boolean;
  readonly allowLandJoinDivide: boolean;
  readonly blockFly: boolean;
  readonly blockLandShowInSearch: boolean;
  readonly blockTerraform: boolean;
  readonly disableCollisions: boolean;
  readonly disablePhysics: boolean;
  readonly disableScripts: boolean;
  /** 0 PG, 1 mature, 2 adult; OpenSimulator does not apply it at load. */
  readonly maturityRating: number;
  readonly restrictPushing: boolean;
  readonly agentLimit: number;
  readonly objectBonus: number;
  /** Ground textures from low to high; zero stands for the stock one. */
  readonly textures: FourIds;
  /** PBR materials of the ground (since 2024), zero for none. */
  readonly materials: FourIds;
  /** Metres below which the first texture is seen. */
  readonly elevationLow: Corners;
  readonly elevationHigh: Corners;
  /** Metres. */
  readonly waterHeight: number;
  readonly terrainRaiseLimit: number;
  readonly terrainLowerLimit: number;
  readonly useEstateSun: boolean;
  readonly fixedSun: boolean;
  readonly sunPosition: number;
  readonly telehub: { readonly objectId: Uuid; readonly spawnPoints: readonly SpawnPoint[] } | undefined;
  /** LLSD as text, sound; undefined when the region has the grid's default. */
  readonly environment: string | undefined;
  /** Belongs to the estate of the region: ignore it in archives of strangers. */
  readonly estate:
    { readonly allowDirectTeleport: boolean; readonly allowEnvironmentOverride: boolean } | undefined;
}

/** Ground textures that every simulator and viewer has. */
export const stockTerrainTextures: FourIds = [
  parseUuid('b8d3965a-ad78-bf43-699b-bff8eca6c975'),
  parseUuid('abb783e6-3e93-26c0-248a-247666855da3'),
  parseUuid('179cdabd-398a-9b6b-1391-4dc333ba321f'),
  parseUuid('beb169c7-11ea-fff2-efe5-0f24dc881df2'),
];

export const noMaterials: FourIds = [zeroUuid, zeroUuid, zeroUuid, zeroUuid];

function everywhere(metres: number): Corners {
  return { southWest: metres, northWest: metres, southEast: metres, northEast: metres };
}

/** OpenSim/Framework/RegionSettings.cs. */
export const defaultRegionSettings: RegionSettings = {
  allowDamage: false,
  allowLandResell: true,
  allowLandJoinDivide: true,
  blockFly: false,
  blockLandShowInSearch: false,
  blockTerraform: false,
  disableCollisions: false,
  disablePhysics: false,
  disableScripts: false,
  maturityRating: 0,
  restrictPushing: false,
  agentLimit: 40,
  objectBonus: 1,
  textures: stockTerrainTextures,
  materials: noMaterials,
  elevationLow: everywhere(10),
  elevationHigh: everywhere(60),
  waterHeight: 20,
  terrainRaiseLimit: 100,
  terrainLowerLimit: -100,
  useEstateSun: true,
  fixedSun: false,
  sunPosition: 0,
  telehub: undefined,
  environment: undefined,
  estate: undefined,
};

/** Without the environment's, which the parser gives together with these. */
export function groundReferences(settings: RegionSettings): readonly AssetReference[] {
  return [
    ...settings.textures.map((id, index) => reference(id, 0, `Texture${index + 1}`)),
    ...settings.materials.map((id, index) => reference(id, 57, `PBR${index + 1}`)),
  ].filter(({ id }) => id !== zeroUuid);
}

function reference(id: Uuid, type: 0 | 57, where: string): AssetReference {
  return { id, type, certain: true, where: `GroundTextures/${where}` };
}
