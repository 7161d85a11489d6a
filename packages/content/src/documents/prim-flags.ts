/** Names of enumerations in scene objects (libopenmetaverse: PrimFlags; OpenSimulator: PrimitiveBaseShape.cs). */

export const primFlags: ReadonlyMap<string, number> = new Map([
  ['None', 0],
  ['Physics', 0x1],
  ['CreateSelected', 0x2],
  ['ObjectModify', 0x4],
  ['ObjectCopy', 0x8],
  ['ObjectAnyOwner', 0x10],
  ['ObjectYouOwner', 0x20],
  ['Scripted', 0x40],
  ['Touch', 0x80],
  ['ObjectMove', 0x100],
  ['Money', 0x200],
  ['Phantom', 0x400],
  ['InventoryEmpty', 0x800],
  ['JointHinge', 0x1000],
  ['JointP2P', 0x2000],
  ['JointLP2P', 0x4000],
  ['JointWheel', 0x8000],
  ['AllowInventoryDrop', 0x1_0000],
  ['ObjectTransfer', 0x2_0000],
  ['ObjectGroupOwned', 0x4_0000],
  ['ObjectYouOfficer', 0x8_0000],
  ['CameraDecoupled', 0x10_0000],
  ['AnimSource', 0x20_0000],
  ['CameraSource', 0x40_0000],
  ['CastShadows', 0x80_0000],
  ['DieAtEdge', 0x100_0000],
  ['ReturnAtEdge', 0x200_0000],
  ['Sandbox', 0x400_0000],
  ['Flying', 0x800_0000],
  ['ObjectOwnerModify', 0x1000_0000],
  ['TemporaryOnRez', 0x2000_0000],
  ['Temporary', 0x4000_0000],
  ['ZlibCompressed', 0x8000_0000],
]);

export const profileShapes: ReadonlyMap<string, number> = new Map([
  ['Circle', 0],
  ['Square', 1],
  ['IsometricTriangle', 2],
  ['EquilateralTriangle', 3],
  ['RightTriangle', 4],
  ['HalfCircle', 5],
]);

export const hollowShapes: ReadonlyMap<string, number> = new Map([
  ['Same', 0],
  ['Circle', 16],
  ['Square', 32],
  ['Triangle', 48],
]);
