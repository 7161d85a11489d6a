/**
 * A scene object in a normal form: two texts that OpenSimulator's loader reads alike give the same form, whatever their
 * layout, order of elements, way of writing numbers, ids, flags and booleans.
 */
import { createHash } from 'node:crypto';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import type { CanonicalValue } from './canonical-value.ts';
import type { FieldTable, FieldValue } from './field-table.ts';
import { FieldError, readFloat32 } from './field-values.ts';
import { parseObjectXml } from './object-elements.ts';
import { repairSceneObject } from './object-repairs.ts';
import { inertiaFields, itemFields, partFields, shapeFields, vehicleFields } from './part-fields.ts';

/** What a loader makes anew or passes over, with the reason; it says nothing about the object. */
const ignoredInParts: ReadonlyMap<string, string> = new Map([
  ['LocalId', 'numbers of a running region, given anew at every load'],
  ['ParentID', 'the LocalId of the root'],
  ['RegionHandle', 'the place of the region that saved the object'],
  ['UpdateFlag', 'state of a running simulator (2012), no longer read'],
  ['ObjectFlags', 'a copy of Flags (before 2011), no longer read'],
  ['PlaySoundSlavePrims', 'never used (2012), no longer read'],
  ['LoopSoundSlavePrims', 'never used (2012), no longer read'],
]);

const ignoredInShapes: ReadonlyMap<string, string> = new Map([
  ['SculptData', 'a copy of the asset (2012), no longer read'],
]);

const nothingIgnored: ReadonlyMap<string, string> = new Map();

/** Elements that OpenSimulator leaves out when they have this value, so that both ways of writing are equal. */
const partDefaults: ReadonlyMap<string, CanonicalValue> = new Map<string, CanonicalValue>([
  ['CreatorData', ''],
  ['MediaUrl', ''],
  ['Density', 1000],
  ['Friction', Math.fround(0.6)],
  ['Bounce', 0.5],
  ['GravityModifier', 1],
  ['RotationAxisLocks', 0],
  ['SitActRange', 0],
  ['StandTarget', [0, 0, 0]],
  ['TaskInventory', {}],
  ['SOPAnims', ''],
]);

const itemDefaults: ReadonlyMap<string, CanonicalValue> = new Map([['CreatorData', '']]);
const noDefaults: ReadonlyMap<string, CanonicalValue> = new Map();

/** Throws a DocumentError for text that is no XML. Values that no loader can read are kept as their text. */
export function canonicalObject(text: string): CanonicalValue {
  const root = parseObjectXml(repairSceneObject(text).text);
  if (root.name !== 'CoalescedObject') return { linksets: [canonicalGroup(root)] };
  const groups = root.children.filter((child) => child.name === 'SceneObjectGroup');
  return { linksets: groups.map(canonicalGroup) };
}

function canonicalGroup(group: XmlElement): CanonicalValue {
  const parts: CanonicalValue[] = [];
  const beside: [string, CanonicalValue][] = [];
  collect(group, parts, beside);
  for (const [name, value] of group.attributes) beside.push([`@${name}`, canonicalAttribute(value)]);
  return { ...Object.fromEntries(beside), parts };
}

/** The three envelopes differ only in what wraps the parts. */
const wrappers: ReadonlySet<string> = new Set(['SceneObjectGroup', 'RootPart', 'OtherParts', 'Part']);

function collect(element: XmlElement, parts: CanonicalValue[], beside: [string, CanonicalValue][]): void {
  for (const child of element.children) {
    if (child.name === 'SceneObjectPart') parts.push(canonicalPart(child));
    else if (wrappers.has(child.name)) collect(child, parts, beside);
    else if (child.name === 'KeyframeMotion' || child.name === 'lnkstdt')
      beside.push([child.name, child.text.replace(/\s+/g, '')]);
    else beside.push([child.name, canonicalUnknown(child)]);
  }
}

function canonicalAttribute(value: string): CanonicalValue {
  const number = Number(value);
  return value.trim() !== '' && Number.isFinite(number) ? Math.fround(number) : value;
}

function canonicalPart(element: XmlElement): CanonicalValue {
  return canonicalFields(element, partFields, ignoredInParts, partDefaults, (child) => {
    switch (child.name) {
      case 'TaskInventory':
        return canonicalItems(child);
      case 'Shape':
        return canonicalFields(child, shapeFields, ignoredInShapes, noDefaults, canonicalUnknown);
      case 'Vehicle':
        return canonicalFields(child, vehicleFields, nothingIgnored, noDefaults, canonicalUnknown);
      case 'PhysicsInertia':
        return canonicalFields(child, inertiaFields, nothingIgnored, noDefaults, canonicalUnknown);
      default:
        return canonicalUnknown(child);
    }
  });
}

/** The loader keeps items by id, in no order; a second item of one id, which it refuses, still gets a name of its own. */
function canonicalItems(element: XmlElement): CanonicalValue {
  const items = new Map<string, CanonicalValue>();
  element.children.forEach((item, index) => {
    const holder = item.children.find((child) => child.name === 'ItemID');
    const id = holder === undefined ? '' : (holder.children[0] ?? holder).text.trim().toLowerCase();
    const value = canonicalFields(item, itemFields, nothingIgnored, itemDefaults, canonicalUnknown);
    items.set(items.has(id) ? `${id} ${index}` : id, value);
  });
  return Object.fromEntries(items);
}

function canonicalFields(
  parent: XmlElement,
  table: FieldTable,
  ignored: ReadonlyMap<string, string>,
  defaults: ReadonlyMap<string, CanonicalValue>,
  other: (element: XmlElement) => CanonicalValue,
): CanonicalValue {
  const fields: [string, CanonicalValue][] = [];
  for (const element of parent.children) {
    if (ignored.has(element.name)) continue;
    const reader = table.get(element.name);
    const value =
      reader === undefined
        ? other(element)
        : readOr(element, () => canonicalField(reader(element), reader === readFloat32));
    if (!sameValue(value, defaults.get(element.name))) fields.push([element.name, value]);
  }
  fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(fields);
}

function sameValue(a: CanonicalValue, b: CanonicalValue | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function readOr(element: XmlElement, read: () => CanonicalValue): CanonicalValue {
  try {
    return read();
  } catch (error) {
    if (error instanceof FieldError) return canonicalUnknown(element);
    throw error;
  }
}

function canonicalField(value: FieldValue, isFloat32: boolean): CanonicalValue {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return isFloat32 ? Math.fround(value) : value;
  if (typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return Object.values(value).map((part) => Math.fround(Number(part)));
}

/** A script's state can be megabytes of base64; its hash is enough to see a change. */
const textLengthMax = 4096;

function canonicalUnknown(element: XmlElement): CanonicalValue {
  const text = element.text.trim();
  const shown =
    text.length <= textLengthMax ? text : `sha256 ${createHash('sha256').update(text).digest('hex')}`;
  if (element.children.length === 0 && element.attributes.size === 0) return shown;
  return {
    ...(shown === '' ? {} : { text: shown }),
    ...Object.fromEntries(Array.from(element.attributes, ([name, value]) => [`@${name}`, value])),
    ...(element.children.length === 0
      ? {}
      : { children: element.children.map((child) => [child.name, canonicalUnknown(child)]) }),
  };
}
