/** `AssetBase` and `AssetMetadata`, the documents in which grids hand assets to simulators and back. */
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { formatIsoTimestamp, isWritableTimestamp, parseIsoTimestamp } from '../timestamp.ts';
import type { Uuid } from '../uuid.ts';
import { tryParseUuid, zeroUuid } from '../uuid.ts';
import type { XmlElement } from '../xml-tree.ts';
import { childOf, textOf } from '../xml-tree.ts';
import { formatAssetFlags, tryParseAssetFlags } from './asset-flags.ts';
import { SerializedError, leafElement, readBoolean, readRoot, rootText } from './serialized.ts';

/** What both documents say. */
export interface AssetDescription {
  readonly fullId: Uuid;
  /** Normally the same as `fullId`; the ids of some local assets are other text. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** -128 to 127. */
  readonly type: number;
  readonly local: boolean;
  readonly temporary: boolean;
  /** An id, or `id;home address/First Last` of a foreign creator; undefined when not known. */
  readonly creatorId: string | undefined;
  /** Bits of `assetFlags`. */
  readonly flags: number;
}

export interface AssetDocument extends AssetDescription {
  /** Undefined when the document holds none. */
  readonly data: Uint8Array | undefined;
}

export interface AssetMetadataDocument extends AssetDescription {
  /** Seconds since 1970, UTC; undefined when not known. */
  readonly creationDate: number | undefined;
  /** Wins over `type` in simulators, so it must agree with it. */
  readonly contentType: string;
  readonly sha1: Uint8Array | undefined;
}

const documentStart = '\ufeff<?xml version="1.0" encoding="utf-8"?>\n';
/** How .NET writes a moment that was never set. */
const unsetDate = '0001-01-01T00:00:00';
/** Divisible by 3, so that the pieces of base64 join without padding. */
const dataPieceBytes = 96 * 1024;
/** A marker no escaped text can hold. */
const dataPlace = '<\0>';

/** The bytes as Robust writes them. The content is encoded in pieces: there is never a string of all of it. */
export function writeAssetDocument(asset: AssetDocument): Uint8Array {
  const { data } = asset;
  const members = descriptionMembers(asset);
  const content = data === undefined ? [] : data.length === 0 ? ['<Data />'] : [`<Data>${dataPlace}</Data>`];
  const text =
    documentStart +
    rootText('AssetBase', [
      ...content,
      ...members.identity,
      `<Type>${asset.type}</Type>`,
      '<UploadAttempts>0</UploadAttempts>',
      ...members.rest,
    ]);
  const [head = '', tail] = text.split(dataPlace);
  if (data === undefined || tail === undefined) return new Uint8Array(Buffer.from(text, 'utf8'));
  return around(head, data, tail);
}

function around(head: string, data: Uint8Array, tail: string): Uint8Array {
  const headBytes = Buffer.byteLength(head, 'utf8');
  const dataBytes = Math.ceil(data.length / 3) * 4;
  const result = Buffer.allocUnsafeSlow(headBytes + dataBytes + Buffer.byteLength(tail, 'utf8'));
  let at = result.write(head, 0, 'utf8');
  for (let from = 0; from < data.length; from += dataPieceBytes)
    at += result.write(encodeBase64(data.subarray(from, from + dataPieceBytes)), at, 'latin1');
  result.write(tail, at, 'utf8');
  return new Uint8Array(result.buffer, result.byteOffset, result.length);
}

export function writeAssetMetadataDocument(asset: AssetMetadataDocument): Uint8Array {
  const { creationDate, sha1 } = asset;
  const members = descriptionMembers(asset);
  const text =
    documentStart +
    rootText('AssetMetadata', [
      ...members.identity,
      `<CreationDate>${creationDate === undefined ? unsetDate : dateText(creationDate)}</CreationDate>`,
      `<Type>${asset.type}</Type>`,
      leafElement('ContentType', asset.contentType),
      ...(sha1 === undefined ? [] : [leafElement('SHA1', encodeBase64(sha1))]),
      ...members.rest,
    ]);
  return new Uint8Array(Buffer.from(text, 'utf8'));
}

function descriptionMembers(asset: AssetDescription): { identity: string[]; rest: string[] } {
  return {
    identity: [
      `<FullID>\n    <Guid>${asset.fullId}</Guid>\n  </FullID>`,
      leafElement('ID', asset.id),
      leafElement('Name', asset.name),
      leafElement('Description', asset.description),
    ],
    rest: [
      `<Local>${asset.local}</Local>`,
      `<Temporary>${asset.temporary}</Temporary>`,
      ...(asset.creatorId === undefined ? [] : [leafElement('CreatorID', asset.creatorId)]),
      `<Flags>${formatAssetFlags(asset.flags)}</Flags>`,
    ],
  };
}

function dateText(seconds: number): string {
  if (!isWritableTimestamp(seconds)) throw new SerializedError(`a creation date of ${seconds} seconds`);
  return formatIsoTimestamp(seconds);
}

/**
 * Reads an `AssetBase` of at most `lengthMax` bytes: content takes a third more than itself. Elements may stand in any
 * order, unknown ones are ignored. Throws SerializedError.
 */
export function readAssetDocument(body: Uint8Array, lengthMax: number): AssetDocument {
  const root = readRoot(body, 'AssetBase', lengthMax);
  return { data: readBytes(root, 'Data'), ...readDescription(root) };
}

/** Reads an `AssetMetadata`. Throws SerializedError. */
export function readAssetMetadataDocument(body: Uint8Array, lengthMax = 100_000): AssetMetadataDocument {
  const root = readRoot(body, 'AssetMetadata', lengthMax);
  return {
    creationDate: readDate(root),
    contentType: textOf(root, 'ContentType') ?? '',
    sha1: readBytes(root, 'SHA1'),
    ...readDescription(root),
  };
}

function readDescription(root: XmlElement): AssetDescription {
  const fullIdElement = childOf(root, 'FullID');
  const guid = fullIdElement === undefined ? undefined : (textOf(fullIdElement, 'Guid') ?? '').trim();
  const given = guid === undefined ? undefined : tryParseUuid(guid);
  if (guid !== undefined && given === undefined) throw invalid('FullID', guid);
  const id = textOf(root, 'ID') ?? given ?? '';
  const flagsText = textOf(root, 'Flags') ?? '';
  const flags = tryParseAssetFlags(flagsText);
  if (flags === undefined) throw invalid('Flags', flagsText);
  return {
    // An id that is a UUID sets both in OpenSimulator.
    fullId: tryParseUuid(id.trim()) ?? given ?? zeroUuid,
    id,
    name: textOf(root, 'Name') ?? '',
    description: textOf(root, 'Description') ?? '',
    type: readType(root),
    local: readOptionalBoolean(root, 'Local'),
    temporary: readOptionalBoolean(root, 'Temporary'),
    creatorId: textOf(root, 'CreatorID'),
    flags,
  };
}

function readType(root: XmlElement): number {
  const text = (textOf(root, 'Type') ?? '0').trim();
  const type = /^[+-]?\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (!(type >= -128 && type <= 127)) throw invalid('Type', text);
  return type === 0 ? 0 : type;
}

function readOptionalBoolean(root: XmlElement, name: string): boolean {
  const element = childOf(root, name);
  return element !== undefined && readBoolean(element);
}

function readBytes(root: XmlElement, name: string): Uint8Array | undefined {
  const text = textOf(root, name);
  if (text === undefined) return undefined;
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw invalid(name, text);
  return bytes;
}

function readDate(root: XmlElement): number | undefined {
  const text = (textOf(root, 'CreationDate') ?? unsetDate).trim();
  if (text.startsWith(unsetDate)) return undefined;
  const seconds = parseIsoTimestamp(text);
  if (seconds === undefined) throw invalid('CreationDate', text);
  return seconds;
}

function invalid(name: string, text: string): SerializedError {
  return new SerializedError(`not a value of <${name}>: ${JSON.stringify(text.slice(0, 60))}`);
}
