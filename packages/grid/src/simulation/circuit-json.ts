/**
 * Agent circuits as JSON. Simulators leave members out that have the default of their type, and read such as absent.
 * Source: OpenSim/Framework/AgentCircuitData.cs.
 */
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatVector3, tryParseVector3, zeroVector } from '@gridkeep/wire/vector';
import { isJsonObject, withoutDefaults } from '../json-members.ts';
import type { JsonObject, JsonValue } from '../public-calls.ts';
import type { AgentCircuit } from './agent-circuit.ts';

/** A circuit that breaks a rule; the message says which and holds nothing of it. */
export class CircuitError extends Error {
  override readonly name = 'CircuitError';
}

const textMax = 1024;
const serviceUrlsMax = 32;
const depthMax = 12;
/** Values within `packed_appearance` or any other member: 251 visual parameters and some hundred attachments. */
const valuesMax = 20_000;

/** Members that belong to a call and not to the circuit: whoever calls says them anew. */
const callMembers = new Set([
  ...['source_x', 'source_y', 'source_name', 'source_uuid', 'source_server_uri'],
  ...['destination_x', 'destination_y', 'destination_name', 'destination_uuid', 'destination_serveruri'],
  ...['gatekeeper_serveruri', 'gatekeeper_host', 'gatekeeper_port', 'teleport_flags', 'context'],
]);

const circuitMembers = new Set([
  ...['agent_id', 'base_folder', 'inventory_folder', 'caps_path', 'child', 'circuit_code', 'first_name'],
  ...['last_name', 'session_id', 'secure_session_id', 'service_session_id', 'start_pos', 'client_ip'],
  ...[
    'viewer',
    'channel',
    'mac',
    'id0',
    'appearance_serial',
    'packed_appearance',
    'service_urls',
    'serviceurls',
  ],
]);

/** All members of the circuit; where it goes, and its teleport flags, are the caller's to add. */
export function packAgentCircuit(circuit: AgentCircuit): JsonObject {
  const urls = [...circuit.serviceUrls];
  return {
    ...circuit.rest,
    ...withoutDefaults({
      agent_id: circuit.agentId,
      caps_path: circuit.capsPath,
      child: circuit.child,
      circuit_code: String(circuit.circuitCode),
      first_name: circuit.firstName,
      last_name: circuit.lastName,
      secure_session_id: circuit.secureSessionId,
      session_id: circuit.sessionId,
      service_session_id: circuit.serviceSessionId,
      start_pos: formatVector3(circuit.startPosition),
      client_ip: circuit.clientAddress,
      viewer: circuit.viewer,
      channel: circuit.channel,
      mac: circuit.mac,
      id0: circuit.id0,
      appearance_serial: circuit.appearanceSerial,
    }),
    ...(circuit.appearance === undefined ? {} : { packed_appearance: circuit.appearance }),
    ...(urls.length === 0
      ? {}
      : { service_urls: urls.flat(), serviceurls: withoutDefaults(Object.fromEntries(urls)) }),
  };
}

/** A C# float as simulators write it: widened to double, 15 digits. */
export function widenedFloat(value: number): number {
  return Number(Math.fround(value).toPrecision(15));
}

/** Throws CircuitError. */
export function unpackAgentCircuit(json: JsonValue): AgentCircuit {
  if (!isJsonObject(json)) throw new CircuitError('a circuit is a map');
  const members = new CircuitMembers(json);
  const appearance = json['packed_appearance'];
  const rest = Object.entries(json).filter(([name]) => !circuitMembers.has(name) && !callMembers.has(name));
  const counter = { left: valuesMax };
  for (const value of [appearance, ...rest.map(([, value]) => value)]) checkSize(value, depthMax, counter);
  return {
    agentId: members.requiredUuid('agent_id'),
    firstName: members.text('first_name'),
    lastName: members.text('last_name'),
    sessionId: members.requiredUuid('session_id'),
    secureSessionId: members.uuid('secure_session_id'),
    serviceSessionId: members.text('service_session_id'),
    circuitCode: members.whole('circuit_code', 0xffff_ffff),
    capsPath: members.capsPath(),
    child: json['child'] === true,
    startPosition: tryParseVector3(members.text('start_pos')) ?? zeroVector,
    clientAddress: members.text('client_ip'),
    viewer: members.text('viewer'),
    channel: members.text('channel'),
    mac: members.text('mac'),
    id0: members.text('id0'),
    teleportFlags: members.whole('teleport_flags', 0xffff_ffff),
    serviceUrls: readServiceUrls(json),
    appearanceSerial: members.whole('appearance_serial', 0x7fff_ffff),
    appearance,
    rest: Object.fromEntries(rest),
  };
}

class CircuitMembers {
  readonly #json: JsonObject;

  constructor(json: JsonObject) {
    this.#json = json;
  }

  text(name: string): string {
    const value = this.#json[name] ?? '';
    if (typeof value !== 'string') throw new CircuitError(`${name} is no text`);
    if (value.length > textMax) throw new CircuitError(`${name} is too long`);
    return value;
  }

  uuid(name: string): Uuid {
    const text = this.text(name);
    const id = text === '' ? zeroUuid : tryParseUuid(text);
    if (id === undefined) throw new CircuitError(`${name} is no UUID`);
    return id;
  }

  requiredUuid(name: string): Uuid {
    const id = this.uuid(name);
    if (id === zeroUuid) throw new CircuitError(`${name} is missing`);
    return id;
  }

  /** Numbers come as decimal text, and from some as numbers. */
  whole(name: string, max: number): number {
    const value = this.#json[name] ?? '0';
    const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > max)
      throw new CircuitError(`${name} is no whole number up to ${max}`);
    return number;
  }

  /** It becomes part of an address. */
  capsPath(): string {
    const path = this.text('caps_path');
    if (!/^[\w-]{0,64}$/.test(path)) throw new CircuitError('caps_path is no path');
    return path;
  }
}

/** The new form goes before the old one. */
function readServiceUrls(json: JsonObject): ReadonlyMap<string, string> {
  const map = json['serviceurls'];
  const list = json['service_urls'];
  const urls = new Map<string, string>();
  const add = (name: unknown, url: unknown) => {
    if (typeof name !== 'string' || typeof url !== 'string' || !/^\w{1,64}$/.test(name)) return;
    if (url.length > textMax) throw new CircuitError('a service address is too long');
    urls.set(name, url);
    if (urls.size > serviceUrlsMax) throw new CircuitError('too many service addresses');
  };
  if (isJsonObject(map)) for (const [name, url] of Object.entries(map)) add(name, url);
  else if (Array.isArray(list)) {
    const entries: readonly JsonValue[] = list;
    for (let index = 0; index + 1 < entries.length; index += 2) add(entries[index], entries[index + 1]);
  }
  return urls;
}

function checkSize(value: JsonValue | undefined, depth: number, counter: { left: number }): void {
  counter.left -= 1;
  if (counter.left < 0) throw new CircuitError('the circuit holds too many values');
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw new CircuitError('the circuit is nested too deep');
  for (const inner of Object.values(value)) checkSize(inner, depth - 1, counter);
}
