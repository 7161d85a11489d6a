/** Ways through the tree of a scene object. */
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { parseDocument } from './document-text.ts';

/** Objects nest no deeper than this: parts at 5, values at 8, LLSD in DynAttrs some 15 more. */
const objectDepthMax = 64;
/** OpenSimulator refuses longer Object assets, in characters. */
export const objectLengthMax = 10_000_000;

/** Throws a DocumentError (O1) for what is no XML or passes a limit. */
export function parseObjectXml(text: string): XmlElement {
  return parseDocument(text, 'O1', { depthMax: objectDepthMax, lengthMax: objectLengthMax });
}

/** All elements of these names anywhere in the tree, in document order; what is inside a found one is not looked at. */
export function elementsNamed(root: XmlElement, names: ReadonlySet<string>): readonly XmlElement[] {
  const found: XmlElement[] = [];
  const pending: XmlElement[] = [root];
  for (let element = pending.pop(); element !== undefined; element = pending.pop()) {
    if (names.has(element.name)) {
      found.push(element);
      continue;
    }
    for (let index = element.children.length - 1; index >= 0; index -= 1) {
      const child = element.children[index];
      if (child !== undefined) pending.push(child);
    }
  }
  return found;
}

const partName: ReadonlySet<string> = new Set(['SceneObjectPart']);

/** Every part in document order, however it is nested: so the loader takes them. */
export function partElements(root: XmlElement): readonly XmlElement[] {
  return elementsNamed(root, partName);
}

const keyframeName: ReadonlySet<string> = new Set(['KeyframeMotion']);
const stateNames: ReadonlySet<string> = new Set(['GroupScriptStates', 'SavedScriptState']);

/** The loader takes these payloads from wherever they stand, so everywhere is looked; a text without the word has none. */
export function keyframeElements(text: string, root: XmlElement): readonly XmlElement[] {
  return text.includes('KeyframeMotion') ? elementsNamed(root, keyframeName) : [];
}

/** Groups of saved script states, and single ones outside of such a group. */
export function scriptStateElements(text: string, root: XmlElement): readonly XmlElement[] {
  return text.includes('ScriptState') ? elementsNamed(root, stateNames) : [];
}
