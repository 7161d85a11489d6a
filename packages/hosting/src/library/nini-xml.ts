/**
 * Nini's XML configuration, in which OpenSimulator keeps its library: sections of keys and values
 * (`<Nini><Section Name=…><Key Name=… Value=…/></Section></Nini>`).
 */
import { XmlError, childrenOf, parseXml } from '@gridkeep/wire/xml-tree';

export interface NiniSection {
  readonly name: string;
  /** Of several keys of one name the first counts. */
  readonly values: ReadonlyMap<string, string>;
}

/** No configuration, or more of it than allowed; the message says what. */
export class NiniError extends Error {
  override readonly name = 'NiniError';
}

const limits = { depthMax: 4, nodesMax: 500_000, lengthMax: 8 * 1024 * 1024 };
const sectionsMax = 50_000;
/** UTF-16 units of a name or value. */
const textMax = 4096;

/** Throws NiniError. */
export function parseNini(text: string): readonly NiniSection[] {
  const root = parse(text);
  if (root.name !== 'Nini') throw new NiniError(`the root element is ${root.name.slice(0, 40)}, not Nini`);
  const sections = childrenOf(root, 'Section');
  if (sections.length > sectionsMax) throw new NiniError(`more than ${sectionsMax} sections`);
  return sections.map((section, index) => {
    const name = section.attributes.get('Name') ?? `section ${index + 1}`;
    const values = new Map<string, string>();
    for (const key of childrenOf(section, 'Key')) {
      const keyName = key.attributes.get('Name');
      const value = key.attributes.get('Value');
      if (keyName === undefined || value === undefined)
        throw new NiniError(`a key without Name or Value in section ${name.slice(0, 80)}`);
      if (keyName.length > textMax || value.length > textMax)
        throw new NiniError(`a key of more than ${textMax} characters in section ${name.slice(0, 80)}`);
      if (!values.has(keyName)) values.set(keyName, value);
    }
    return { name: name.slice(0, 200), values };
  });
}

function parse(text: string) {
  try {
    return parseXml(text, limits);
  } catch (error) {
    if (error instanceof XmlError)
      throw new NiniError(`bad XML at character ${error.offset}: ${error.message}`);
    throw error;
  }
}
