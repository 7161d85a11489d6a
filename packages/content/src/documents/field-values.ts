/**
 * The scalar forms in which OpenSimulator writes values, read as its loader reads them
 * (.NET's XmlConvert, and ReadUUID, ReadVector, ReadQuaternion, ReadEnum in OpenSim/Framework/Util.cs).
 */
import { decodeBase64 } from '@gridkeep/wire/base64';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Quaternion, Vector3 } from '@gridkeep/wire/vector';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { quoted } from './document-error.ts';

/** Red, green, blue, alpha, each 0 to 255. */
export type Color = readonly [number, number, number, number];

/**
 * Why a value is refused: `form` is what the loader's own conversion refuses, `number` one that is not finite,
 * `hang` one that OpenSimulator's loader never stops reading. Only the first may be passed over anywhere.
 */
export class FieldError extends Error {
  override readonly name: string = 'FieldError';
  readonly reason: 'form' | 'number' | 'hang';
  constructor(message: string, reason: 'form' | 'number' | 'hang' = 'form') {
    super(message);
    this.reason = reason;
  }
}

/** `<A />`, as opposed to `<A></A>`: the loader's readers of wrapped values stumble over the first only. */
export function isSelfClosing(element: XmlElement): boolean {
  return element.contentStart === element.end;
}

/** Text of an element that must not have children. */
export function plainText(element: XmlElement): string {
  const child = element.children[0];
  if (child !== undefined) throw new FieldError(`text is expected, not the element <${child.name}>`);
  return element.text;
}

function isXmlSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

/** XML's white space only: String.trim would also accept what .NET refuses. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isXmlSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isXmlSpace(text.charCodeAt(to - 1))) to -= 1;
  return to - from === text.length ? text : text.slice(from, to);
}

const integerForm = /^[+-]?[0-9]{1,40}$/;

/** A whole number between two bounds; what does not fit is an error, as in .NET. */
export function parseInteger(text: string, min: number, max: number): number {
  const digits = trimmed(text);
  if (!integerForm.test(digits)) throw new FieldError(`${quoted(text)} is not a whole number`);
  const value = Number(digits);
  if (value < min || value > max) throw new FieldError(`${quoted(digits)} is outside ${min} to ${max}`);
  return value === 0 ? 0 : value;
}

export const i32Min = -2_147_483_648;
export const i32Max = 2_147_483_647;
export const u32Max = 4_294_967_295;

/** Everything that .NET reads with ReadElementContentAsInt, unsigned masks included. */
export function readI32(element: XmlElement): number {
  return parseInteger(plainText(element), i32Min, i32Max);
}

export function readU32(element: XmlElement): number {
  return parseInteger(plainText(element), 0, u32Max);
}

/** Kept as text: region handles exceed what a number holds exactly. */
export function readI64(element: XmlElement): bigint {
  const digits = trimmed(plainText(element));
  if (!integerForm.test(digits)) throw new FieldError(`${quoted(digits)} is not a whole number`);
  const value = BigInt(digits);
  if (BigInt.asIntN(64, value) !== value) throw new FieldError(`${quoted(digits)} does not fit in 64 bits`);
  return value;
}

const floatForm = /^[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,9})?$/;
const commaForm = /^[+-]?[0-9]{1,400},[0-9]{1,400}(?:[eE][+-]?[0-9]{1,9})?$/;
/** What .NET and other writers make of numbers that are none; only the first three parse in .NET's XML reader. */
const notFinite: ReadonlySet<string> = new Set(['NaN', 'INF', '-INF', '∞', '-∞', 'Infinity', '-Infinity']);

/** A number written with a decimal comma; the caller knows whether the document may be read so. */
export class DecimalCommaError extends FieldError {
  override readonly name = 'DecimalCommaError';
  constructor(text: string) {
    super(`${quoted(text)} has a decimal comma`);
  }
}

/** A finite double. */
export function parseDouble(text: string): number {
  const digits = trimmed(text);
  if (!floatForm.test(digits)) {
    if (notFinite.has(digits)) throw new FieldError(`${quoted(digits)} is not a finite number`, 'number');
    if (commaForm.test(digits)) throw new DecimalCommaError(digits);
    throw new FieldError(`${quoted(digits)} is not a number`);
  }
  const value = Number(digits);
  if (!Number.isFinite(value)) throw new FieldError(`${quoted(digits)} is not a finite number`, 'number');
  return value === 0 ? 0 : value;
}

/** A number that is finite in 32 bits; the text's own value is kept, so that nothing is rounded twice. */
export function parseFloat32(text: string): number {
  const value = parseDouble(text);
  if (!Number.isFinite(Math.fround(value)))
    throw new FieldError(`${quoted(trimmed(text))} does not fit in 32 bits`, 'number');
  return value;
}

export function readDouble(element: XmlElement): number {
  return parseDouble(plainText(element));
}

export function readFloat32(element: XmlElement): number {
  return parseFloat32(plainText(element));
}

export function readText(element: XmlElement): string {
  return plainText(element);
}

/** `true` and `1` are true, all else is false; a self-closing element is an error. */
export function readBoolean(element: XmlElement): boolean {
  if (isSelfClosing(element)) throw new FieldError('an empty element where true or false is expected');
  const text = plainText(element).toLowerCase();
  return text === 'true' || text === '1';
}

const undashedId = /^[0-9a-f]{32}$/i;

/** As the loader: text that is no id stands for the zero id. */
export function parseLooseUuid(text: string): Uuid {
  if (text === zeroUuid) return zeroUuid;
  const bare = trimmed(text);
  const dashed = undashedId.test(bare)
    ? `${bare.slice(0, 8)}-${bare.slice(8, 12)}-${bare.slice(12, 16)}-${bare.slice(16, 20)}-${bare.slice(20)}`
    : bare;
  return tryParseUuid(dashed) ?? zeroUuid;
}

/** The text of an id: wrapped in `UUID` (or `Guid`, before 2011), or bare. */
export function uuidElement(element: XmlElement): XmlElement {
  if (isSelfClosing(element)) throw new FieldError('an empty element where an id is expected');
  const child = element.children[0];
  if (child === undefined) return element;
  if (element.children.length > 1 || (child.name !== 'UUID' && child.name !== 'Guid'))
    throw new FieldError(`<${child.name}> where one <UUID> is expected`);
  return child;
}

export function readUuid(element: XmlElement): Uuid {
  return parseLooseUuid(plainText(uuidElement(element)));
}

/** Three floats; the loader reads them in this order, whatever the case of the names. */
export function readVector(element: XmlElement): Vector3 {
  const [x, y, z] = element.children;
  if (x === undefined || y === undefined || z === undefined || element.children.length !== 3)
    throw new FieldError(`${element.children.length} elements where X, Y and Z are expected`);
  if (x.name.toLowerCase() !== 'x' || y.name.toLowerCase() !== 'y' || z.name.toLowerCase() !== 'z')
    throw new FieldError(`<${x.name}> <${y.name}> <${z.name}> where X, Y and Z are expected`);
  return { x: readFloat32(x), y: readFloat32(y), z: readFloat32(z) };
}

/** X, Y, Z, W in any order; any other child makes OpenSimulator's loader spin forever. */
export function readQuaternion(element: XmlElement): Quaternion {
  if (isSelfClosing(element)) throw new FieldError('an empty element where a rotation is expected');
  const parts: { x: number; y: number; z: number; w: number } = { x: 0, y: 0, z: 0, w: 0 };
  for (const child of element.children) {
    const axis = child.name.toLowerCase();
    if (axis !== 'x' && axis !== 'y' && axis !== 'z' && axis !== 'w')
      throw new FieldError(
        `<${child.name}> inside a rotation: OpenSimulator would never stop reading it`,
        'hang',
      );
    parts[axis] = readFloat32(child);
  }
  if (trimmed(element.text) !== '')
    throw new FieldError('text inside a rotation: OpenSimulator would never stop reading it', 'hang');
  return parts;
}

/** R, G, B, A; `<Color />` of 2012 stands for the default. `<Color></Color>` ends the part for the loader. */
export function readColor(element: XmlElement): Color | undefined {
  if (isSelfClosing(element)) return undefined;
  const [r, g, b, a] = element.children;
  if (
    r === undefined ||
    g === undefined ||
    b === undefined ||
    a === undefined ||
    element.children.length !== 4
  )
    throw new FieldError(`${element.children.length} elements where R, G, B and A are expected`);
  if (r.name !== 'R' || g.name !== 'G' || b.name !== 'B' || a.name !== 'A')
    throw new FieldError('R, G, B and A are expected in this order');
  return [colorByte(r), colorByte(g), colorByte(b), colorByte(a)];
}

function colorByte(element: XmlElement): number {
  const value = Math.trunc(readFloat32(element));
  if (value < 0 || value > 255) throw new FieldError(`${value} is outside 0 to 255`);
  return value;
}

/** Base64 as .NET takes it: white space is skipped, padding is required. */
export function parseBase64(text: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw new FieldError(`${quoted(text)} is not base64`);
  return bytes;
}

export function readBase64(element: XmlElement): Uint8Array {
  return parseBase64(plainText(element));
}

/** Names or a number, as .NET's Enum.Parse; flag names separated by spaces or by commas. Gives the number. */
export function parseEnum(text: string, values: ReadonlyMap<string, number>, max: number): number {
  const bare = trimmed(text);
  if (/^[+-]?[0-9]/.test(bare)) return parseInteger(bare, 0, max);
  let bits = 0n;
  const names = bare.includes(',') ? bare.split(',') : bare.split(' ');
  for (const name of names) {
    const value = values.get(trimmed(name));
    if (value === undefined) throw new FieldError(`${quoted(trimmed(name))} is not one of the known names`);
    bits |= BigInt(value);
  }
  return Number(bits);
}
