/**
 * Stored documents in the form in which simulators load them: repaired where OpenSimulator would stumble, without what it
 * would trust blindly. What is stored stays as it came in.
 */
import type { AssetReference } from '@gridkeep/content/assets/asset-reference';
import { decodeDocument } from '@gridkeep/content/documents/document-text';
import { withoutKeyframeMotion } from '@gridkeep/content/documents/object-edits';
import { repairSceneObject } from '@gridkeep/content/documents/object-repairs';
import { parseParcel, writeParcel } from '@gridkeep/content/documents/parcel-xml';
import { parseRegionSettings, writeRegionSettings } from '@gridkeep/content/documents/region-settings-xml';
import { parseSceneObject } from '@gridkeep/content/documents/scene-object';

export interface SimulatorDocument {
  readonly bytes: Uint8Array;
  readonly references: readonly AssetReference[];
}

/** Written anew: simulators lose all settings over an unknown element, and hang on an environment that is not sound. */
export function simulatorSettings(document: string): SimulatorDocument {
  const { settings, references } = parseRegionSettings(Buffer.from(document));
  return { bytes: writeRegionSettings(settings), references };
}

/** Written anew: simulators cannot read back an access list of several entries that has no white space. */
export function simulatorParcel(document: string): SimulatorDocument {
  const { parcel, references } = parseParcel(Buffer.from(document));
  return { bytes: writeParcel(parcel), references };
}

export interface SimulatorObject extends SimulatorDocument {
  readonly keyframeMotionLeftOut: boolean;
}

/** The bytes as they are stored unless something has to be repaired or left out. */
export function simulatorObject(stored: Uint8Array, keepKeyframeMotion: boolean): SimulatorObject {
  const { text } = decodeDocument(stored);
  const object = parseSceneObject(text);
  const leaveOut = object.hasKeyframeMotion && !keepKeyframeMotion;
  if (!leaveOut && !object.needsRepair)
    return { bytes: stored, references: object.references, keyframeMotionLeftOut: false };
  const repaired = object.needsRepair ? repairSceneObject(text).text : text;
  const safe = leaveOut ? withoutKeyframeMotion(repaired) : repaired;
  return { bytes: Buffer.from(safe), references: object.references, keyframeMotionLeftOut: leaveOut };
}
