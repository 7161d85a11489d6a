/**
 * `POST /foreignagent/<id>/` and `POST /homeagent/<id>/`: a circuit and where it is to go, and the answer to it.
 * Source: OpenSim/Server/Handlers/Simulation/AgentHandlers.cs.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { tryDecodeUtf8Document } from '@gridkeep/wire/utf8';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseGridUrl } from '../grid-url.ts';
import { isJsonObject, withoutDefaults } from '../json-members.ts';
import type { JsonObject, JsonValue } from '../public-calls.ts';
import { pathParts } from '../robust-http.ts';
import type { RobustReply, RobustRequest } from '../robust-http.ts';
import type { AgentCircuit } from '../simulation/agent-circuit.ts';
import { CircuitError, unpackAgentCircuit } from '../simulation/circuit-json.ts';
import { storableText } from '../text.ts';

const decompress = promisify(gunzip);

/** Recorded bodies have 10 KB; 45 attachments and 251 parameters fit many times. */
export const agentBodyBytesMax = 512 * 1024;
const nestingMax = 24;
const reasonMax = 500;

export interface AgentCall {
  readonly circuit: AgentCircuit;
  readonly destination: Destination;
  /** `source_*` as they came: where the agent is now. */
  readonly source: JsonObject;
  /** Gatekeeper of the grid to go to; undefined when none is named. */
  readonly gatekeeper: string | undefined;
}

export interface Destination {
  readonly regionId: Uuid;
  /** Metres, as decimal text. */
  readonly x: string;
  readonly y: string;
}

export interface AgentAnswer {
  readonly granted: boolean;
  /** For the traveller. */
  readonly reason: string;
}

export function refuseAgent(reason: string): AgentAnswer {
  return { granted: false, reason };
}

/** Undefined for what cannot be understood: too large, no JSON, another agent in the path than in the body. */
export async function readAgentCall(request: RobustRequest): Promise<AgentCall | undefined> {
  const [, idText = ''] = pathParts(request.path);
  const id = tryParseUuid(idText);
  const json = id === undefined ? undefined : await readBody(request);
  if (json === undefined) return undefined;
  try {
    const circuit = unpackAgentCircuit(json);
    const regionId = tryParseUuid(memberText(json, 'destination_uuid'));
    if (circuit.agentId !== id || regionId === undefined || regionId === zeroUuid) return undefined;
    return {
      circuit,
      destination: { regionId, x: wholeText(json, 'destination_x'), y: wholeText(json, 'destination_y') },
      source: sourceOf(json),
      gatekeeper: gatekeeperOf(json),
    };
  } catch (error) {
    if (error instanceof CircuitError) return undefined;
    throw error;
  }
}

/** OpenSimulator's members in its order; false and empty ones are left out. */
export function agentReply(answer: AgentAnswer, seenAddress: string): RobustReply {
  const text = JSON.stringify(
    withoutDefaults({
      reason: storableText(answer.reason, reasonMax),
      success: answer.granted,
      your_ip: seenAddress,
    }),
  );
  return {
    status: 200,
    contentType: 'text/html',
    body: Buffer.from(text, 'utf8'),
    headers: { Connection: 'close' },
  };
}

async function readBody(request: RobustRequest): Promise<JsonObject | undefined> {
  const { body } = request;
  // What says it is compressed and is not, or the other way round, is read for what it is.
  const compressed = body.length > 2 && body[0] === 0x1f && body[1] === 0x8b;
  const bytes = compressed ? await inflated(body) : body;
  if (bytes === undefined || bytes.length > agentBodyBytesMax) return undefined;
  const text = tryDecodeUtf8Document(bytes);
  if (text === undefined || nestsDeeper(text, nestingMax)) return undefined;
  try {
    const json: JsonValue = JSON.parse(text);
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

async function inflated(body: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await decompress(body, { maxOutputLength: agentBodyBytesMax });
  } catch {
    return undefined;
  }
}

/** Looked at before parsing: what is done with deep values may need a call for each level. */
function nestsDeeper(text: string, depthMax: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}

function memberText(json: JsonObject, name: string): string {
  const value = json[name];
  return typeof value === 'string' && value.length <= 1024 ? value : '';
}

function wholeText(json: JsonObject, name: string): string {
  const text = memberText(json, name);
  return /^\d{1,10}$/.test(text) ? text : '0';
}

const sourceMembers = ['source_x', 'source_y', 'source_name', 'source_uuid', 'source_server_uri'] as const;

function sourceOf(json: JsonObject): JsonObject {
  return withoutDefaults(Object.fromEntries(sourceMembers.map((name) => [name, memberText(json, name)])));
}

function gatekeeperOf(json: JsonObject): string | undefined {
  const uri = tryParseGridUrl(memberText(json, 'gatekeeper_serveruri'));
  if (uri !== undefined) return uri;
  const host = memberText(json, 'gatekeeper_host');
  return host === '' ? undefined : tryParseGridUrl(`http://${host}:${memberText(json, 'gatekeeper_port')}/`);
}
