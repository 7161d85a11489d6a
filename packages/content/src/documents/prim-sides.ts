/** How many faces a prim has (OpenSimulator, SceneObjectPart.GetNumberOfSides): it saves the textures of no others. */

export interface PrimOutline {
  readonly profileCurve: number;
  readonly pathCurve: number;
  readonly profileBegin: number;
  readonly profileEnd: number;
  readonly profileHollow: number;
  readonly pathBegin: number;
  readonly pathEnd: number;
  readonly pathSkew: number;
  readonly pathTwist: number;
  readonly pathTwistBegin: number;
  readonly pathTaperX: number;
  readonly pathTaperY: number;
  readonly pathRevolutions: number;
  readonly pathRadiusOffset: number;
  readonly sculptEntry: boolean;
  readonly sculptType: number;
}

const straight = 16;
const circle = 32;
const circle2 = 48;
const flexible = 128;

/** A cut of this many units (of 0.00002) removes one side of a square profile. */
const quarter = 12_500;
/** The first and the second side of a triangle end here. */
const triangleCuts: readonly number[] = [16_667, 33_333];
const meshSculptType = 5;
const hollowTriangle = 0x30;
/** Faces of a mesh whose number of faces is not in its profile. */
const meshFacesMax = 8;

export function primSides(prim: PrimOutline): number {
  if (prim.sculptEntry) {
    if (prim.sculptType !== meshSculptType) return 1;
    if ((prim.profileCurve & 0xf0) !== hollowTriangle) return meshFacesMax;
  }
  return outerSides(prim) + (prim.profileHollow > 0 ? 1 : 0);
}

function outerSides(prim: PrimOutline): number {
  const round = prim.pathCurve === circle;
  const extruded = prim.pathCurve === straight || prim.pathCurve === flexible;
  const pathCut = isPathCut(prim) ? 2 : 0;
  switch (prim.profileCurve & 7) {
    case 0:
      if (extruded) return 3 + profileCut(prim);
      if (round) return 1 + pathCut + profileCut(prim);
      break;
    case 1:
      if (round) return 4 + pathCut + profileCut(prim) - squareSidesGone(prim);
      break;
    case 3:
      if (extruded) return 5 + profileCut(prim) - triangleSidesGone(prim);
      if (round) return 3 + pathCut + profileCut(prim) - triangleSidesGone(prim);
      break;
    case 5:
      if (round || prim.pathCurve === circle2) return sphereSides(prim);
      break;
  }
  return 6 + profileCut(prim) - squareSidesGone(prim);
}

function sphereSides(prim: PrimOutline): number {
  const opened =
    prim.pathBegin > 0 || prim.pathEnd > 0 || prim.pathSkew !== 0 || prim.pathTwistBegin !== prim.pathTwist;
  const dimpled = profileCut(prim) > 0 || prim.profileHollow > 0;
  return 1 + (opened ? 2 : 0) + (dimpled ? 2 : 0);
}

function profileCut(prim: PrimOutline): number {
  return prim.profileBegin > 0 || prim.profileEnd > 0 ? 2 : 0;
}

function isPathCut(prim: PrimOutline): boolean {
  return (
    prim.pathBegin > 0 ||
    prim.pathEnd > 0 ||
    prim.pathSkew !== 0 ||
    prim.pathTaperX !== 0 ||
    prim.pathTaperY !== 0 ||
    prim.pathRevolutions > 0 ||
    prim.pathRadiusOffset !== 0 ||
    prim.pathTwistBegin !== prim.pathTwist
  );
}

function squareSidesGone(prim: PrimOutline): number {
  return Math.floor(prim.profileBegin / quarter) + Math.floor(prim.profileEnd / quarter);
}

function triangleSidesGone(prim: PrimOutline): number {
  return triangleCuts.reduce(
    (gone, cut) => gone + (prim.profileBegin >= cut ? 1 : 0) + (prim.profileEnd >= cut ? 1 : 0),
    0,
  );
}
