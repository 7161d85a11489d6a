/** The geometry and surface of a part, as far as the project looks at it. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { XmlError, parseXml } from '@gridkeep/wire/xml-tree';
import type { AssetReference } from '../assets/asset-reference.ts';
import { AssetTypes } from '../assets/asset-kinds.ts';
import { assetTypeOfSculpt, extraParamReferences } from '../assets/blocks/extra-params.ts';
import { textureEntryReferences } from '../assets/blocks/texture-entry.ts';
import { findTextUuids } from '../assets/text-uuids.ts';
import type { FieldValues } from './field-table.ts';
import { readFields } from './field-table.ts';
import { FieldError, parseBase64, plainText } from './field-values.ts';
import type { ObjectReading } from './object-reading.ts';
import { shapeFields } from './part-fields.ts';
import type { PrimOutline } from './prim-sides.ts';
import { primSides } from './prim-sides.ts';

export interface Shape {
  /** 9 prim, 95 grass, 111 and 255 tree, 47 avatar, 143 particles. */
  readonly pcode: number;
  /** Number of faces. */
  readonly sides: number;
  /** Texture or mesh by `sculptType`; zero when there is none. */
  readonly sculptId: Uuid;
  /** 0 none, 1 sphere, 2 torus, 3 plane, 4 cylinder, 5 mesh, 6 glTF; +64 invert, +128 mirror. */
  readonly sculptType: number;
  readonly hasMedia: boolean;
}

const pcodePrim = 9;

/** A part without a shape is a box to OpenSimulator. */
export const defaultShape: Shape = {
  pcode: pcodePrim,
  sides: 6,
  sculptId: zeroUuid,
  sculptType: 0,
  hasMedia: false,
};

/** Bad values of a shape are findings: OpenSimulator passes over them. Numbers that are not finite are an error. */
export function readShape(element: XmlElement, path: string, reading: ObjectReading): Shape {
  let hasMedia = false;
  const fields = readFields(element, shapeFields, reading.lenient(path), (other) => {
    if (other.name === 'Media') hasMedia = readMedia(other, `${path}/Media`, reading);
    else if (other.name === 'MatOvrd') readMaterialOverrides(other, `${path}/MatOvrd`, reading);
  });
  const outline = readOutline(fields);
  const sides = primSides(outline);
  const sculptId = fields.id('SculptTexture');
  const sculptType = outline.sculptType;
  const textures = fields.bytes('TextureEntry');
  reading.block(`${path}/TextureEntry`, () => textureEntryReferences(textures, sides));
  reading.block(`${path}/ExtraParams`, () => extraParamReferences(fields.bytes('ExtraParams')));
  const where = `${path}/SculptTexture`;
  reading.references.add({ id: sculptId, type: assetTypeOfSculpt(sculptType), certain: true, where });
  return { pcode: fields.number('PCode', pcodePrim) & 0xff, sides, sculptId, sculptType, hasMedia };
}

/** The loader cuts numbers to their width without a complaint. */
function readOutline(fields: FieldValues): PrimOutline {
  const u8 = (name: string): number => fields.number(name) & 0xff;
  const i8 = (name: string): number => (fields.number(name) << 24) >> 24;
  const u16 = (name: string): number => fields.number(name) & 0xffff;
  return {
    profileCurve: u8('ProfileCurve'),
    pathCurve: u8('PathCurve'),
    profileBegin: u16('ProfileBegin'),
    profileEnd: u16('ProfileEnd'),
    profileHollow: u16('ProfileHollow'),
    pathBegin: u16('PathBegin'),
    pathEnd: u16('PathEnd'),
    pathSkew: i8('PathSkew'),
    pathTwist: i8('PathTwist'),
    pathTwistBegin: i8('PathTwistBegin'),
    pathTaperX: i8('PathTaperX'),
    pathTaperY: i8('PathTaperY'),
    pathRevolutions: u8('PathRevolutions'),
    pathRadiusOffset: i8('PathRadiusOffset'),
    sculptEntry: fields.boolean('SculptEntry'),
    sculptType: u8('SculptType'),
  };
}

/** Media on faces: an XML document as escaped text, which one fork writes unescaped. It names URLs, no assets. */
function readMedia(element: XmlElement, path: string, reading: ObjectReading): boolean {
  if (element.children.length > 0) return true;
  if (element.text.trim() === '') return false;
  try {
    parseXml(element.text);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const message = `not readable: ${error.message}; OpenSimulator passes over this element`;
    reading.find({ rule: 'O1', severity: 'warning', field: path, message, offset: element.start });
  }
  return true;
}

/**
 * Changes to render materials: u8 count, then per entry u8 face, u16 length, JSON text. OpenSimulator writes the length
 * in characters instead of bytes, so with other than ASCII text the entries cannot be told apart; ids still can.
 */
function readMaterialOverrides(element: XmlElement, path: string, reading: ObjectReading): void {
  try {
    const bytes = parseBase64(plainText(element));
    reading.block(path, () =>
      Array.from(findTextUuids(Buffer.from(bytes).toString('latin1')), ({ id }): AssetReference => ({
        id,
        type: AssetTypes.texture,
        certain: false,
        where: 'text',
      })),
    );
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    reading.find({
      rule: 'O1',
      severity: 'warning',
      field: path,
      message: error.message,
      offset: element.start,
    });
  }
}
