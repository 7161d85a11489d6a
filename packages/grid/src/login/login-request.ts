/** What a viewer says when it logs in, by XML-RPC or LLSD. Source: OpenSim/Server/Handlers/Login/LLLoginHandlers.cs. */
import { createHash } from 'node:crypto';
import { LlsdUuid } from '@gridkeep/wire/llsd/value';
import type { LlsdMap, LlsdValue } from '@gridkeep/wire/llsd/value';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { storableText } from '../text.ts';

export interface LoginRequest {
  readonly firstName: string;
  readonly lastName: string;
  /** Lower-case hexadecimal; anything else is no password. */
  readonly passwordMd5: string;
  /** `home`, `last`, `uri:<region>&x&y&z`, or anything. */
  readonly start: string;
  readonly channel: string;
  readonly version: string;
  readonly mac: string;
  readonly id0: string;
  /** The resident has just agreed to the terms of service. */
  readonly agreesToTerms: boolean;
}

/** UTF-16 units; longer names are nobody's. */
const nameMax = 128;
const startMax = 512;
const clientTextMax = 128;
const passwordMax = 256;
/** What OpenSimulator writes for what a viewer does not say by XML-RPC. */
const unknown = 'Unknown';

/** Undefined when name or password is missing. */
export function readXmlRpcLogin(members: XmlRpcStruct): LoginRequest | undefined {
  const text = (name: string, max: number) => textOf(members.get(name), max);
  const password = text('passwd', passwordMax) || webLoginKey(text('web_login_key', passwordMax));
  return requestOf(members, password, unknown);
}

/** Undefined when name or password is missing. */
export function readLlsdLogin(members: LlsdMap): LoginRequest | undefined {
  return requestOf(members, textOf(members.get('passwd'), passwordMax), '');
}

function requestOf(
  members: XmlRpcStruct | LlsdMap,
  password: string,
  otherwise: string,
): LoginRequest | undefined {
  const text = (name: string, max: number) => textOf(members.get(name), max);
  const [firstName, lastName] = [text('first', nameMax), text('last', nameMax)];
  if (firstName === '' || lastName === '' || password === '') return undefined;
  const client = (name: string) => text(name, clientTextMax) || otherwise;
  return {
    firstName,
    lastName,
    passwordMd5: md5Of(password),
    start: text('start', startMax),
    channel: client('channel'),
    version: client('version'),
    mac: client('mac'),
    id0: client('id0'),
    agreesToTerms: isTrue(members.get('agree_to_tos')),
  };
}

/** Viewers send `$1$` and the MD5 of the password, other programs the password itself. */
function md5Of(password: string): string {
  return password.startsWith('$1$')
    ? password.slice(3).toLowerCase()
    : createHash('md5').update(password, 'utf8').digest('hex');
}

/** A key for one login in place of the password. */
function webLoginKey(text: string): string {
  const key = tryParseUuid(text.trim());
  return key === undefined || key === zeroUuid ? '' : `$1$${key}`;
}

function textOf(value: XmlRpcValue | LlsdValue, max: number): string {
  if (typeof value === 'number') return String(value);
  if (value instanceof LlsdUuid) return value.id;
  // What is longer is not cut: a cut name might be somebody's.
  return typeof value === 'string' && value.length <= max ? storableText(value, max) : '';
}

/** A boolean, and what programs send in its place. */
function isTrue(value: XmlRpcValue | LlsdValue): boolean {
  return value === true || value === 1 || (typeof value === 'string' && /^(?:true|1)$/i.test(value.trim()));
}
