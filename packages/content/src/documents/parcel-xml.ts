/**
 * `landdata/*.xml`. The loader passes over values it cannot read, so they are findings here and the default stands.
 * It wants a white space after each entry of the access list: 0.9.2 and 0.9.3 read one node too far otherwise, and lose every entry
 * but the first together with all that follows the list (their own archives have that fault).
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import { formatVector3, tryParseVector3 } from '@gridkeep/wire/vector';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { childOf } from '@gridkeep/wire/xml-tree';
import type { AssetReference } from '../assets/asset-reference.ts';
import type { DocumentFinding } from './document-error.ts';
import { DocumentError, quoted } from './document-error.ts';
import { decodeDocument, parseDocument, replacedFindings } from './document-text.ts';
import { readEnvironmentText, requireSoundEnvironment } from './environment-text.ts';
import {
  FieldError,
  i32Max,
  i32Min,
  parseBase64,
  parseFloat32,
  parseInteger,
  plainText,
  u32Max,
} from './field-values.ts';
import { formatNetBoolean, formatNetDouble, parseNetBoolean, parseNetUuid } from './net-text.ts';
import type { Parcel, ParcelAccess, ParcelMedia } from './parcel.ts';
import { defaultParcel } from './parcel.ts';
import type { XmlNode } from './xml-lines.ts';
import { declaration, xmlInline } from './xml-lines.ts';

export interface ParsedParcel {
  readonly parcel: Parcel;
  readonly references: readonly AssetReference[];
  readonly findings: readonly DocumentFinding[];
}

/** A hostile list must not make a report grow. */
const findingsMax = 100;
/** OpenSimulator has no limit; viewers keep lists far shorter. */
const accessEntriesMax = 10_000;
/** A region of 4096 x 4096 m. */
const bitmapBytesMax = 131_072;

/** Throws a DocumentError (R2, or C4 for a DOCTYPE) for what is no parcel, has no bitmap, or holds a number that is not finite. */
export function parseParcel(bytes: Uint8Array): ParsedParcel {
  const { text, replaced } = decodeDocument(bytes);
  const root = parseDocument(text, 'R2', { depthMax: 16, nodesMax: 100_000 });
  if (root.name !== 'LandData')
    throw new DocumentError('R2', '', `<${root.name.slice(0, 60)}> instead of <LandData>`, root.start);
  const parsed = readParcel(root);
  return { ...parsed, findings: [...replacedFindings('R2', replaced), ...parsed.findings] };
}

/** Reads values of one element's children, keeping a list of those it could not read. */
class LooseReader {
  readonly findings: DocumentFinding[] = [];

  value<T>(parent: XmlElement, name: string, absent: T, parse: (text: string) => T): T {
    const element = childOf(parent, name);
    if (element === undefined) return absent;
    try {
      return parse(plainText(element));
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      if (error.reason === 'number') throw new DocumentError('R2', name, error.message, element.start);
      this.warn(name, `${error.message}; the default is taken`, element.start);
      return absent;
    }
  }

  warn(field: string, message: string, offset: number): void {
    if (this.findings.length < findingsMax)
      this.findings.push({ rule: 'R2', severity: 'warning', field, message, offset });
  }

  id(parent: XmlElement, name: string): Uuid {
    return this.value(parent, name, zeroUuid, parseNetUuid);
  }

  i32(parent: XmlElement, name: string, absent = 0): number {
    return this.value(parent, name, absent, (text) => parseInteger(text, i32Min, i32Max));
  }

  u32(parent: XmlElement, name: string, absent = 0): number {
    return this.value(parent, name, absent, (text) => parseInteger(text, 0, u32Max));
  }

  u8(parent: XmlElement, name: string, absent = 0): number {
    return this.value(parent, name, absent, (text) => parseInteger(text, 0, 255));
  }

  i8(parent: XmlElement, name: string, absent = 0): number {
    return this.value(parent, name, absent, (text) => parseInteger(text, -128, 127));
  }

  text(parent: XmlElement, name: string, absent = ''): string {
    return this.value(parent, name, absent, (text) => text);
  }

  boolean(parent: XmlElement, name: string): boolean {
    return this.value(parent, name, false, parseNetBoolean);
  }

  /** `1` or anything else. */
  digit(parent: XmlElement, name: string): boolean {
    return this.value(parent, name, true, (text) => text === '1');
  }

  vector(parent: XmlElement, name: string): Vector3 {
    return this.value(parent, name, defaultParcel.landingPoint, parseVector);
  }
}

function parseVector(text: string): Vector3 {
  const vector = tryParseVector3(text);
  if (vector !== undefined) return vector;
  const reason = /nan|inf|∞/i.test(text) ? 'number' : 'form';
  throw new FieldError(`${quoted(text)} is not a vector of finite numbers`, reason);
}

/** Written with the simulator's culture, so the decimal sign may be a comma. */
function parseHours(text: string): number {
  return parseFloat32(text.includes('.') ? text : text.replace(',', '.'));
}

function readParcel(root: XmlElement): ParsedParcel {
  const read = new LooseReader();
  const environmentElement = childOf(root, 'Environment');
  const environment =
    environmentElement === undefined ? undefined : readEnvironmentText(environmentElement.text);
  if (environmentElement !== undefined && environment?.problem !== undefined)
    read.warn('Environment', `left out: ${environment.problem}`, environmentElement.start);
  const parcel: Parcel = {
    id: read.id(root, 'GlobalID'),
    name: read.text(root, 'Name', defaultParcel.name),
    description: read.text(root, 'Description'),
    area: read.i32(root, 'Area'),
    auctionId: read.u32(root, 'AuctionID'),
    authBuyerId: read.id(root, 'AuthBuyerID'),
    category: read.i8(root, 'Category'),
    claimDate: read.i32(root, 'ClaimDate'),
    claimPrice: read.i32(root, 'ClaimPrice'),
    groupId: read.id(root, 'GroupID'),
    isGroupOwned: read.boolean(root, 'IsGroupOwned'),
    ownerId: read.id(root, 'OwnerID'),
    bitmap: readBitmap(root),
    flags: read.u32(root, 'Flags', defaultParcel.flags),
    landingType: read.u8(root, 'LandingType', defaultParcel.landingType),
    status: read.i8(root, 'Status'),
    localId: read.i32(root, 'LocalID'),
    mediaAutoScale: read.u8(root, 'MediaAutoScale'),
    mediaId: read.id(root, 'MediaID'),
    mediaUrl: read.text(root, 'MediaURL'),
    musicUrl: read.text(root, 'MusicURL'),
    media: readMedia(root, read),
    accessList: readAccessList(root, read),
    passHours: read.value(root, 'PassHours', 0, parseHours),
    passPrice: read.i32(root, 'PassPrice'),
    salePrice: read.i32(root, 'SalePrice'),
    snapshotId: read.id(root, 'SnapshotID'),
    landingPoint: read.vector(root, 'UserLocation'),
    landingLookAt: read.vector(root, 'UserLookAt'),
    otherCleanTime: read.i32(root, 'OtherCleanTime'),
    seeAvatars: read.digit(root, 'SeeAVs'),
    anyAvatarSounds: read.digit(root, 'AnyAVSnds'),
    groupAvatarSounds: read.digit(root, 'GrpAVSnds'),
    environment: environment?.text,
  };
  const references = [...parcelReferences(parcel), ...(environment?.references ?? [])];
  return { parcel, references, findings: read.findings };
}

function readBitmap(root: XmlElement): Uint8Array {
  const element = childOf(root, 'Bitmap');
  if (element === undefined)
    throw new DocumentError('R2', 'Bitmap', 'absent: no one can tell which land it is');
  try {
    const bytes = parseBase64(plainText(element));
    if (bytes.length <= bitmapBytesMax) return bytes;
    throw new FieldError(`${bytes.length} bytes, more than any region has`);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    throw new DocumentError('R2', 'Bitmap', error.message, element.start);
  }
}

function readMedia(root: XmlElement, read: LooseReader): ParcelMedia | undefined {
  if (childOf(root, 'MediaType') === undefined) return undefined;
  return {
    type: read.text(root, 'MediaType', 'none/none'),
    description: read.text(root, 'MediaDesc'),
    height: read.i32(root, 'MediaH'),
    width: read.i32(root, 'MediaW'),
    loop: read.boolean(root, 'MediaLoop'),
    obscureMoap: read.boolean(root, 'ObscureMOAP'),
  };
}

function readAccessList(root: XmlElement, read: LooseReader): readonly ParcelAccess[] {
  const entries = childOf(root, 'ParcelAccessList')?.children ?? [];
  if (entries.length > accessEntriesMax)
    throw new DocumentError('R2', 'ParcelAccessList', `${entries.length} entries`);
  return entries
    .filter((entry) => entry.name === 'ParcelAccessEntry')
    .map((entry) => ({
      agentId: read.id(entry, 'AgentID'),
      time: read.i32(entry, 'Time'),
      flags: read.u32(entry, 'AccessList'),
    }));
}

/** Without the environment's, which the parser gives together with these. */
export function parcelReferences(parcel: Parcel): readonly AssetReference[] {
  const references: readonly AssetReference[] = [
    { id: parcel.mediaId, type: 0, certain: true, where: 'MediaID' },
    { id: parcel.snapshotId, type: 0, certain: true, where: 'SnapshotID' },
  ];
  return references.filter(({ id }) => id !== zeroUuid);
}

/** A parcel as OpenSimulator writes it, but for a line feed after each access entry, without which its loader goes astray. */
export function writeParcel(parcel: Parcel): Uint8Array {
  const nodes: readonly XmlNode[] = [
    ['Area', String(parcel.area)],
    ['AuctionID', String(parcel.auctionId)],
    ['AuthBuyerID', parcel.authBuyerId],
    ['Category', String(parcel.category)],
    ['ClaimDate', String(parcel.claimDate)],
    ['ClaimPrice', String(parcel.claimPrice)],
    ['GlobalID', parcel.id],
    ['GroupID', parcel.groupId],
    ['IsGroupOwned', formatNetBoolean(parcel.isGroupOwned)],
    ['Bitmap', Buffer.from(parcel.bitmap).toString('base64')],
    ['Description', parcel.description],
    ['Flags', String(parcel.flags)],
    ['LandingType', String(parcel.landingType)],
    ['Name', parcel.name],
    ['Status', String(parcel.status)],
    ['LocalID', String(parcel.localId)],
    ['MediaAutoScale', String(parcel.mediaAutoScale)],
    ['MediaID', parcel.mediaId],
    ['MediaURL', parcel.mediaUrl],
    ['MusicURL', parcel.musicUrl],
    ...(parcel.media === undefined ? [] : mediaNodes(parcel.media)),
    ['OwnerID', parcel.ownerId],
  ];
  const after: readonly XmlNode[] = [
    ['PassHours', formatNetDouble(parcel.passHours)],
    ['PassPrice', String(parcel.passPrice)],
    ['SalePrice', String(parcel.salePrice)],
    ['SnapshotID', parcel.snapshotId],
    ['UserLocation', formatVector3(parcel.landingPoint)],
    ['UserLookAt', formatVector3(parcel.landingLookAt)],
    ['Dwell', '0'],
    ['OtherCleanTime', String(parcel.otherCleanTime)],
    ['SeeAVs', digit(parcel.seeAvatars)],
    ['AnyAVSnds', digit(parcel.anyAvatarSounds)],
    ['GrpAVSnds', digit(parcel.groupAvatarSounds)],
  ];
  const environment: readonly XmlNode[] =
    parcel.environment === undefined ? [] : [['Environment', requireSoundEnvironment(parcel.environment)]];
  const content = [
    ...nodes.map(xmlInline),
    accessListXml(parcel.accessList),
    ...after.map(xmlInline),
    ...environment.map(xmlInline),
  ];
  return Buffer.from(`${declaration}<LandData>${content.join('')}</LandData>`, 'utf8');
}

function digit(value: boolean): string {
  return value ? '1' : '0';
}

function mediaNodes(media: ParcelMedia): readonly XmlNode[] {
  return [
    ['MediaType', media.type],
    ['MediaDesc', media.description],
    ['MediaH', String(media.height)],
    ['MediaW', String(media.width)],
    ['MediaLoop', formatNetBoolean(media.loop)],
    ['ObscureMOAP', formatNetBoolean(media.obscureMoap)],
  ];
}

function accessListXml(entries: readonly ParcelAccess[]): string {
  if (entries.length === 0) return '<ParcelAccessList />';
  const lines = entries.map(({ agentId, time, flags }) => {
    const entry: XmlNode = [
      'ParcelAccessEntry',
      [
        ['AgentID', agentId],
        ['Time', String(time)],
        ['AccessList', String(flags)],
      ],
    ];
    return `${xmlInline(entry)}\n`;
  });
  return `<ParcelAccessList>${lines.join('')}</ParcelAccessList>`;
}
