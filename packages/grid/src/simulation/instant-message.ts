/**
 * Instant messages between grids and simulators: XML-RPC `grid_instant_message` with one struct of texts.
 * Source: OpenSim/Services/Connectors/InstantMessage/InstantMessageServiceConnector.cs.
 */
import { decodeBase64, encodeBase64 } from '@gridkeep/wire/base64';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroVector } from '@gridkeep/wire/vector';
import type { Vector3 } from '@gridkeep/wire/vector';
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';

/** OpenMetaverse's InstantMessageDialog, as far as a grid looks at it. */
export const messageDialogs = {
  message: 0,
  groupInvitation: 3,
  inventoryOffered: 4,
  fromObject: 19,
  groupNotice: 32,
  friendshipOffered: 38,
  friendshipAccepted: 39,
  friendshipDeclined: 40,
  /** OpenSimulator's own: the agent's connection ends. */
  godKick: 250,
} as const;

/** UTF-16 units. */
const messageTextMax = 4096;
const nameMax = 255;
const bucketBytesMax = 16 * 1024;

export interface InstantMessage {
  readonly fromAgentId: Uuid;
  readonly fromAgentName: string;
  readonly toAgentId: Uuid;
  /** Of a conversation or a group. */
  readonly imSessionId: Uuid;
  /** One of `messageDialogs`, or another: 0 to 255. */
  readonly dialog: number;
  readonly fromGroup: boolean;
  readonly message: string;
  /** Unix seconds. */
  readonly timestamp: number;
  /** 0 or 1: keep it for who is away. */
  readonly offline: number;
  readonly parentEstateId: number;
  readonly position: Vector3;
  readonly regionId: Uuid;
  readonly binaryBucket: Uint8Array;
}

/** The parameter of the call. */
export function writeInstantMessage(message: InstantMessage): XmlRpcStruct {
  const { position } = message;
  return new Map<string, XmlRpcValue>([
    ['from_agent_id', message.fromAgentId],
    ['from_agent_session', zeroUuid],
    ['to_agent_id', message.toAgentId],
    ['im_session_id', message.imSessionId],
    ['timestamp', String(message.timestamp)],
    ['from_agent_name', message.fromAgentName],
    ['message', message.message],
    ['dialog', encodeBase64(Uint8Array.of(message.dialog))],
    ['from_group', message.fromGroup ? 'TRUE' : 'FALSE'],
    ['offline', encodeBase64(Uint8Array.of(message.offline))],
    ['parent_estate_id', String(message.parentEstateId)],
    // Simulators read whole numbers only and take anything else for 0.
    ['position_x', String(Math.trunc(position.x))],
    ['position_y', String(Math.trunc(position.y))],
    ['position_z', String(Math.trunc(position.z))],
    ['region_id', message.regionId],
    ['binary_bucket', encodeBase64(message.binaryBucket)],
    ['region_handle', 0],
  ]);
}

/** Undefined when a member is missing or is not what it must be. */
export function readInstantMessage(struct: XmlRpcStruct): InstantMessage | undefined {
  const text = (name: string): string | undefined => {
    const value = struct.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const uuid = (name: string): Uuid | undefined => tryParseUuid(text(name)?.trim() ?? '');
  const byte = (name: string): number | undefined => {
    const bytes = decodeBase64(text(name) ?? '');
    return bytes?.byteLength === 1 ? bytes[0] : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = Number(text(name)?.trim() ?? 'absent');
    return Number.isFinite(value) ? value : undefined;
  };
  const found = {
    fromAgentId: uuid('from_agent_id'),
    fromAgentName: text('from_agent_name'),
    toAgentId: uuid('to_agent_id'),
    imSessionId: uuid('im_session_id'),
    dialog: byte('dialog'),
    message: text('message'),
    timestamp: number('timestamp'),
    offline: byte('offline'),
    parentEstateId: number('parent_estate_id'),
    regionId: uuid('region_id'),
    binaryBucket: decodeBase64(text('binary_bucket') ?? ''),
  };
  const [x, y, z] = ['position_x', 'position_y', 'position_z'].map(number);
  if (!isComplete(found)) return undefined;
  if (found.message.length > messageTextMax || found.fromAgentName.length > nameMax) return undefined;
  if (found.binaryBucket.byteLength > bucketBytesMax) return undefined;
  return {
    ...found,
    fromGroup: (text('from_group') ?? '').toLowerCase() === 'true',
    position: x === undefined || y === undefined || z === undefined ? zeroVector : { x, y, z },
  };
}

function isComplete<Found extends object>(
  found: Found,
): found is Found & { [Name in keyof Found]: Exclude<Found[Name], undefined> } {
  return Object.values(found).every((value) => value !== undefined);
}
