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

/** Collapses doubled prefixes. Linear; gives the same string when there are none. */
export function repairPrefixes(text: string): RepairedObject {
  if (!text.includes('xmlns:xmlns:')) return { text, repairs: [] };
  return {
    text: text.replaceAll(doubledPrefix, ' xmlns:'),
    repairs: ['attributes named xmlns:xmlns:… were collapsed to xmlns:…'],
  };
}

/** Makes decimal commas points, but only in an object whose numbers have no point at all. */
export function repairDecimalCommas(object: RepairedObject): RepairedObject {
  if (dottedNumber.test(object.text)) return object;
  const text = object.text.replaceAll(numberElement, '$1.$2');
  if (text === object.text) return object;
  return { text, repairs: [...object.repairs, 'decimal commas were read as points'] };
}

/** Both; for an object that is handed to a simulator. */
export function repairSceneObject(text: string): RepairedObject {
  const object = repairPrefixes(text);
  return commaNumber.test(object.text) ? repairDecimalCommas(object) : object;
}
