/**
 * Linksets in the three forms in which OpenSimulator stores them (SceneObjectSerializer.cs, CoalescedSceneObjectsSerializer.cs):
 * `xml2` in `objects/`, `original` and `coalesced` in Object assets. One parse gives all that an inspection needs.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import type { AssetReference } from '../assets/asset-reference.ts';
import type { DocumentFinding } from './document-error.ts';
import { DocumentError } from './document-error.ts';
import { DecimalCommaError } from './field-values.ts';
import { checkLinks, checkNumbers } from './object-checks.ts';
import { keyframeElements, parseObjectXml, partElements, scriptStateElements } from './object-elements.ts';
import type { Identity } from './object-reading.ts';
import { ObjectReading } from './object-reading.ts';
import type { RepairedObject } from './object-repairs.ts';
import { repairDecimalCommas, repairPrefixes } from './object-repairs.ts';
import type { ScenePart } from './scene-part.ts';
import { readScenePart } from './scene-part.ts';

export type Envelope = 'xml2' | 'original' | 'coalesced';

export interface Linkset {
  /** Root first. */
  readonly parts: readonly ScenePart[];
  /** Metres from the corner of a coalesced object. */
  readonly offset: { readonly x: number; readonly y: number; readonly z: number } | undefined;
}

export interface SceneObject {
  readonly envelope: Envelope;
  /** More than one in a coalesced object only. */
  readonly linksets: readonly Linkset[];
  /** Of the first linkset. */
  readonly rootId: Uuid;
  readonly name: string;
  /** Of all linksets, in order. */
  readonly parts: readonly ScenePart[];
  /** Task items that are scripts. */
  readonly scriptCount: number;
  /** Saved states of scripts, which may hold serialized data of a script engine. */
  readonly scriptStateCount: number;
  /** True when there is a payload that OpenSimulator would deserialize without any check. */
  readonly hasKeyframeMotion: boolean;
  readonly references: readonly AssetReference[];
  readonly identities: readonly Identity[];
  readonly findings: readonly DocumentFinding[];
  /** True when OpenSimulator reads the object only after `repairSceneObject`. */
  readonly needsRepair: boolean;
}

export interface SceneObjectOptions {
  /** Metres; positions of `xml2` objects are checked against it. */
  readonly regionSize?: { readonly x: number; readonly y: number };
}

/**
 * Reads an object under the rules of OpenSimulator's loader. Throws a DocumentError where the loader would lose the object
 * (or hang, or take a number that is not finite); what it merely passes over becomes a finding.
 */
export function parseSceneObject(text: string, options: SceneObjectOptions = {}): SceneObject {
  const repaired = repairPrefixes(text);
  try {
    return readObject(repaired, options);
  } catch (error) {
    if (!(error instanceof DecimalCommaError)) throw error;
  }
  const pointed = repairDecimalCommas(repaired);
  try {
    return readObject(pointed, options);
  } catch (error) {
    if (!(error instanceof DecimalCommaError)) throw error;
    throw new DocumentError('O1', '', `${error.message}, though other numbers have a point`);
  }
}

/** What references can be had from an object, also from one that `parseSceneObject` refuses. Throws a DocumentError only for text that is no XML. */
export function readReferencesOf(text: string): readonly AssetReference[] {
  const root = parseObjectXml(repairPrefixes(text).text);
  const reading = new ObjectReading(true);
  readLinkset(root, 0, reading);
  return reading.references.list();
}

function readObject(repaired: RepairedObject, options: SceneObjectOptions): SceneObject {
  const root = parseObjectXml(repaired.text);
  const envelope = envelopeOf(root);
  const reading = new ObjectReading();
  for (const message of repaired.repairs)
    reading.find({ rule: 'O1', severity: 'warning', field: '', message });
  const linksets = envelope === 'coalesced' ? readCoalesced(root, reading) : [readLinkset(root, 0, reading)];
  const parts = linksets.flatMap((linkset) => linkset.parts);
  const [first] = parts;
  if (first === undefined) throw new DocumentError('O1', '', 'no SceneObjectPart');
  for (const linkset of linksets) {
    checkLinks(linkset.parts, reading);
    checkNumbers(linkset.parts, envelope === 'xml2' ? options.regionSize : undefined, reading);
  }
  const payloads = findPayloads(repaired.text, root, reading);
  return {
    envelope,
    linksets,
    rootId: first.id,
    name: first.name,
    parts,
    scriptCount: parts.reduce((sum, part) => sum + part.scriptCount, 0),
    ...payloads,
    references: reading.references.list(),
    identities: reading.identities,
    findings: reading.findings,
    needsRepair: repaired.repairs.length > 0,
  };
}

function envelopeOf(root: XmlElement): Envelope {
  if (root.name === 'CoalescedObject') return 'coalesced';
  if (root.name !== 'SceneObjectGroup')
    throw new DocumentError('O1', '', `<${root.name.slice(0, 60)}> is no scene object`, root.start);
  return root.children[0]?.name === 'SceneObjectPart' ? 'xml2' : 'original';
}

function readCoalesced(root: XmlElement, reading: ObjectReading): readonly Linkset[] {
  const linksets: Linkset[] = [];
  let parts = 0;
  for (const group of root.children) {
    if (group.name !== 'SceneObjectGroup') continue;
    const linkset = readLinkset(group, parts, reading);
    parts += linkset.parts.length;
    linksets.push({ ...linkset, offset: readOffset(group) });
  }
  return linksets;
}

function readOffset(group: XmlElement): Linkset['offset'] {
  const axis = (name: string): number => {
    const value = Number(group.attributes.get(name) ?? '0');
    if (!Number.isFinite(value))
      throw new DocumentError('O3', `@${name}`, 'not a finite number', group.start);
    return value;
  };
  return { x: axis('offsetx'), y: axis('offsety'), z: axis('offsetz') };
}

/** As the loader, takes every part in document order, however it is nested. */
function readLinkset(group: XmlElement, firstIndex: number, reading: ObjectReading): Linkset {
  const parts = partElements(group).map((part, index) =>
    readScenePart(part, `part ${firstIndex + index}`, reading),
  );
  if (parts.length === 0) throw new DocumentError('O1', group.name, 'no SceneObjectPart', group.start);
  return { parts, offset: undefined };
}

function findPayloads(
  text: string,
  root: XmlElement,
  reading: ObjectReading,
): Pick<SceneObject, 'hasKeyframeMotion' | 'scriptStateCount'> {
  const motions = keyframeElements(text, root);
  for (const motion of motions) {
    const message = `${motion.text.length} characters that OpenSimulator deserializes as .NET objects`;
    reading.find({ rule: 'O4', severity: 'warning', field: motion.name, message, offset: motion.start });
  }
  let scriptStateCount = 0;
  for (const states of scriptStateElements(text, root)) {
    const count = states.name === 'SavedScriptState' ? 1 : states.children.length;
    scriptStateCount += count;
    const message = `saved states of ${count} scripts`;
    reading.find({ rule: 'O4', severity: 'info', field: states.name, message, offset: states.start });
  }
  return { hasKeyframeMotion: motions.length > 0, scriptStateCount };
}
