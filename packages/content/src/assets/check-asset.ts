/** Whether the bytes of an asset are what its type says, and whole. Cheap: nothing is decoded, everything is linear. */
import type { AssetKind, AssetType } from './asset-kinds.ts';
import { AssetTypes, assetKind } from './asset-kinds.ts';
import type { AssetProblem } from './asset-problem.ts';
import type { SniffedKind } from './sniff.ts';
import { agrees, sniffAsset } from './sniff.ts';
import { checkAnimation } from './soundness/animation.ts';
import { checkGesture } from './soundness/gesture.ts';
import { checkGltfMaterial } from './soundness/gltf-material.ts';
import { checkGltfBinary } from './soundness/gltf.ts';
import { checkJpeg } from './soundness/jpeg.ts';
import { checkLandmark } from './soundness/landmark.ts';
import { checkMesh } from './soundness/mesh.ts';
import { checkNotecard } from './soundness/notecard.ts';
import { checkOsMaterial } from './soundness/os-material.ts';
import { checkSceneObject } from './soundness/scene-object.ts';
import { checkScript } from './soundness/script.ts';
import { checkSettings } from './soundness/settings.ts';
import { checkSound } from './soundness/sound.ts';
import { checkTexture } from './soundness/texture.ts';
import { checkTga } from './soundness/tga.ts';
import { checkWav } from './soundness/wav.ts';
import { checkWearable } from './soundness/wearable.ts';

export interface CheckOptions {
  /** Also inflate and parse the blocks of meshes: about a hundred times the cost of the rest. Default false. */
  readonly inflateMeshes?: boolean;
}

/** Never throws, whatever the bytes. An empty list means sound. */
export function checkAsset(
  type: AssetType,
  bytes: Uint8Array,
  options: CheckOptions = {},
): readonly AssetProblem[] {
  const kind = assetKind(type);
  if (bytes.length > kind.bytesMax) {
    const message = `${bytes.length} bytes, more than the ${kind.bytesMax} of a ${kind.name}`;
    return [{ severity: 'error', rule: 'size', message }];
  }
  const sniffed = sniffAsset(bytes);
  if (!agrees(type, sniffed)) return [disagreement(kind, sniffed)];
  return sniffed === 'empty' ? [] : checkSoundness(type, bytes, options);
}

/** Content that nothing can use as anything is an error; content of another kind may be useful under its own. */
function disagreement(kind: AssetKind, sniffed: SniffedKind): AssetProblem {
  switch (sniffed) {
    case 'empty':
      return { severity: 'error', rule: 'empty', message: `no bytes where a ${kind.name} should be` };
    case 'html':
      return { severity: 'error', rule: 'kind', message: `a web page instead of a ${kind.name}` };
    case 'halcyon object':
    case 'halcyon coalesced object':
      return {
        severity: 'error',
        rule: 'kind',
        message: `a binary object of Halcyon, which OpenSimulator cannot load`,
      };
    case 'binary':
    case 'xml':
      return { severity: 'error', rule: 'kind', message: `${sniffed} data instead of a ${kind.name}` };
    default:
      return { severity: 'warning', rule: 'kind', message: `looks like ${sniffed}, not like a ${kind.name}` };
  }
}

function checkSoundness(type: AssetType, bytes: Uint8Array, options: CheckOptions): readonly AssetProblem[] {
  switch (type) {
    case AssetTypes.osMaterial:
      return checkOsMaterial(bytes);
    case AssetTypes.texture:
      return checkTexture(bytes);
    case AssetTypes.sound:
      return checkSound(bytes);
    case AssetTypes.landmark:
      return checkLandmark(bytes);
    case AssetTypes.clothing:
    case AssetTypes.bodypart:
      return checkWearable(type, bytes);
    case AssetTypes.object:
      return checkSceneObject(bytes);
    case AssetTypes.notecard:
      return checkNotecard(bytes);
    case AssetTypes.lslText:
      return checkScript(bytes);
    case AssetTypes.textureTga:
    case AssetTypes.imageTga:
      return checkTga(bytes);
    case AssetTypes.soundWav:
      return checkWav(bytes);
    case AssetTypes.imageJpeg:
      return checkJpeg(bytes);
    case AssetTypes.animation:
      return checkAnimation(bytes);
    case AssetTypes.gesture:
      return checkGesture(bytes);
    case AssetTypes.mesh:
      return checkMesh(bytes, options.inflateMeshes ?? false);
    case AssetTypes.settings:
      return checkSettings(bytes);
    case AssetTypes.material:
      return checkGltfMaterial(bytes);
    case AssetTypes.gltfBinary:
      return checkGltfBinary(bytes);
    case AssetTypes.unknown:
    case AssetTypes.callingCard:
    case AssetTypes.folder:
    case AssetTypes.lslBytecode:
    case AssetTypes.simstate:
    case AssetTypes.link:
    case AssetTypes.linkFolder:
    case AssetTypes.marketplaceFolder:
    case AssetTypes.gltf:
      return [];
  }
}
