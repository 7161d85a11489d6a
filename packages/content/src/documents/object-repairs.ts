/** Faults of old writers that OpenSimulator's loader stumbles over, put right in the text. */

export interface RepairedObject {
  readonly text: string;
  /** What was put right, one sentence each; empty when the text is as it was. */
  readonly repairs: readonly string[];
}

/** Builds of October 2014 doubled the prefix again at every save (ExternalRepresentationUtils.SanitizeXml). */
const doubledPrefix = /\sxmlns:(?:xmlns:)+/g;

const dottedNumber = />\s*[+-]?[0-9]+\.[0-9]/;
const commaNumber = />\s*[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?\s*</;

/** Names of elements that hold one number; free text such as a name may rightly read `1,5`. */
const numberElement =
  /(<(?:[XYZWxyzw]|[A-Z]{2,6}|Flexi[A-Z]\w{3,7}|Light\w{5,9}|Sound(?:Gain|Radius)|CollisionSoundVolume|Buoyancy|Density|Friction|Bounce|GravityModifier|SitActRange)>\s*[+-]?[0-9]+),([0-9]+(?:[eE][+-]?[0-9]+)?\s*<)/g;

/** Linear in the text; gives the same string when nothing is to be done. */
export function repairSceneObject(text: string): RepairedObject {
  const repairs: string[] = [];
  let result = text;
  if (result.includes('xmlns:xmlns:')) {
    result = result.replaceAll(doubledPrefix, ' xmlns:');
    repairs.push('attributes named xmlns:xmlns:… were collapsed to xmlns:…');
  }
  if (commaNumber.test(result) && !dottedNumber.test(result)) {
    const points = result.replaceAll(numberElement, '$1.$2');
    if (points !== result) repairs.push('decimal commas were read as points');
    result = points;
  }
  return { text: result, repairs };
}
