/**
 * What a grid asks the simulators of its regions: whether an agent may come, to expect it, and to deliver a message.
 * Source: OpenSim/Services/Connectors/Simulation/SimulationServiceConnector.cs.
 */
import { gzipSync } from 'node:zlib';
import { tryDecodeUtf8Document } from '@gridkeep/wire/utf8';
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatVector3 } from '@gridkeep/wire/vector';
import type { Vector3 } from '@gridkeep/wire/vector';
import { isJsonObject } from '../json-members.ts';
import { OutboundError } from '../outbound/outbound.ts';
import type { Outbound, OutboundReply, OutboundTarget } from '../outbound/outbound.ts';
import { xmlRpcCall } from '../outbound/xmlrpc-call.ts';
import type { JsonObject, JsonValue } from '../public-calls.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import { storableText } from '../text.ts';
import type { AgentCircuit } from './agent-circuit.ts';
import { packAgentCircuit, widenedFloat } from './circuit-json.ts';
import { writeInstantMessage } from './instant-message.ts';
import type { InstantMessage } from './instant-message.ts';
import { newestContext, packContext, versionMax, versionMin } from './versions.ts';
import type { TransferContext } from './versions.ts';

export interface ArrivingAgent {
  readonly agentId: Uuid;
  /** Where in the region it wants to be. */
  readonly position: Vector3;
  /** Address of its home grid, with a slash at its end; '' on a grid without Hypergrid. */
  readonly homeUri: string;
}

export interface AccessAnswer {
  readonly granted: boolean;
  /** For the resident; '' when access is granted. */
  readonly reason: string;
  /** What to send the agent with. */
  readonly context: TransferContext;
}

export interface CreateAnswer {
  readonly granted: boolean;
  readonly reason: string;
  /** The caller's address as the simulator sees it; '' when it does not say. */
  readonly seenAddress: string;
}

/** The part of a region that calls need. */
export type DestinationRegion = Pick<RegisteredRegion, 'id' | 'name' | 'x' | 'y' | 'serverUri'>;

export interface CallLimits {
  readonly timeoutMs?: number;
}

/** A region answers whether somebody may come from memory. */
const accessMsMax = 6000;
/** A simulator may wait up to 10 s for an older connection of the same agent to end. */
const createMsMax = 15_000;
const messageMsMax = 8000;
const answerBytesMax = 64 * 1024;
const reasonMax = 500;

export class Simulation {
  readonly #outbound: Outbound;

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  /** Whether the agent may come. A simulator that cannot be asked is an answer too: no, with a reason for people. */
  async queryAccess(
    region: DestinationRegion,
    agent: ArrivingAgent,
    { timeoutMs = accessMsMax }: CallLimits = {},
  ): Promise<AccessAnswer> {
    const refuse = (reason: string): AccessAnswer => ({ granted: false, reason, context: newestContext });
    try {
      const reply = await this.#outbound.request({
        method: 'QUERYACCESS',
        url: `${region.serverUri}agent/${agent.agentId}/${region.id}/`,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(accessQuestion(agent)),
        ...{ timeoutMs, bytesMax: answerBytesMax, to: 'simulator' },
      });
      // Simulators older than this question let everybody in, as OpenSimulator takes it.
      if (reply.status === 405) return { granted: true, reason: '', context: newestContext };
      const answer = answerOf(reply);
      if (answer === undefined) return refuse(noAnswer(region));
      if (answer['success'] !== true) return refuse(reasonOf(answer, region));
      const context = agreedContext(answer);
      return context === undefined
        ? refuse(`${region.name} runs a version of the simulator that does not fit this grid.`)
        : { granted: true, reason: '', context };
    } catch (error) {
      if (error instanceof OutboundError) return refuse(noAnswer(region));
      throw error;
    }
  }

  /**
   * Tells the region to expect the agent. A simulator that cannot be asked is an answer too. `source`: the members
   * `source_*` of an agent that comes from another region.
   */
  async createAgent(
    region: DestinationRegion,
    circuit: AgentCircuit,
    context: TransferContext = newestContext,
    { timeoutMs = createMsMax, source = {} }: CallLimits & { readonly source?: JsonObject } = {},
  ): Promise<CreateAnswer> {
    const body = Buffer.from(JSON.stringify({ ...arrival(region, circuit, context), ...source }), 'utf8');
    try {
      const deadline = performance.now() + timeoutMs;
      const answer =
        (await this.#postAgent(region, circuit, body, true, timeoutMs)) ??
        // As OpenSimulator does: old simulators read no compressed body.
        (await this.#postAgent(region, circuit, body, false, Math.max(1, deadline - performance.now())));
      if (answer === undefined) return { granted: false, reason: noAnswer(region), seenAddress: '' };
      const granted = answer['success'] === true;
      return {
        granted,
        reason: granted ? textMember(answer, 'reason') : reasonOf(answer, region),
        seenAddress: textMember(answer, 'your_ip'),
      };
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return { granted: false, reason: noAnswer(region), seenAddress: '' };
    }
  }

  /** Whether the message was delivered; a place that cannot be reached did not take it. */
  async sendMessage(
    serverUri: string,
    message: InstantMessage,
    { to = 'simulator', timeoutMs = messageMsMax }: CallLimits & { readonly to?: OutboundTarget } = {},
  ): Promise<boolean> {
    try {
      const answer = await xmlRpcCall(this.#outbound, {
        ...{ url: serverUri, method: 'grid_instant_message', to, timeoutMs },
        parameters: writeInstantMessage(message),
      });
      const success = answer.get('success');
      return success === true || (typeof success === 'string' && success.toLowerCase() === 'true');
    } catch (error) {
      if (error instanceof OutboundError) return false;
      throw error;
    }
  }

  /** Undefined when there is no answer that could be understood. Throws OutboundError. */
  async #postAgent(
    region: DestinationRegion,
    circuit: AgentCircuit,
    body: Uint8Array,
    compressed: boolean,
    timeoutMs: number,
  ): Promise<JsonObject | undefined> {
    const reply = await this.#outbound.request({
      method: 'POST',
      url: `${region.serverUri}agent/${circuit.agentId}/`,
      headers: {
        'Content-Type': 'application/json',
        ...(compressed ? { 'X-Content-Encoding': 'gzip' } : {}),
      },
      // A few kB: to hand them to a thread would take longer.
      body: compressed ? gzipSync(body, { level: 1 }) : body,
      ...{ timeoutMs, bytesMax: answerBytesMax, to: 'simulator' },
    });
    return answerOf(reply);
  }
}

/** Every number is a float there. */
function accessQuestion({ position, homeUri }: ArrivingAgent): JsonObject {
  const [min, max] = [widenedFloat(versionMin), widenedFloat(versionMax)];
  return {
    viaTeleport: true,
    position: formatVector3(position),
    my_version: 'SIMULATION/0.3',
    simulation_service_supported_min: min,
    simulation_service_supported_max: max,
    simulation_service_accepted_min: min,
    simulation_service_accepted_max: max,
    context: packContext(newestContext),
    features: [],
    ...(homeUri === '' ? {} : { agent_home_uri: homeUri }),
  };
}

function arrival(region: DestinationRegion, circuit: AgentCircuit, context: TransferContext): JsonObject {
  return {
    ...packAgentCircuit(circuit),
    context: packContext(context),
    destination_x: String(region.x),
    destination_y: String(region.y),
    destination_name: region.name,
    destination_uuid: region.id,
    teleport_flags: String(circuit.teleportFlags),
  };
}

/** A map, or the bare word that old simulators answer. */
function answerOf(reply: OutboundReply): JsonObject | undefined {
  if (reply.status < 200 || reply.status > 299) return undefined;
  const text = tryDecodeUtf8Document(reply.body)?.trim() ?? '';
  if (/^(?:true|false)$/i.test(text)) return { success: text.toLowerCase() === 'true' };
  try {
    const json: JsonValue = JSON.parse(text);
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function agreedContext(answer: JsonObject): TransferContext | undefined {
  const version = (name: string): number | undefined => {
    const value = answer[name];
    return typeof value === 'number' && value > 0 ? value : undefined;
  };
  if ('negotiated_inbound_version' in answer || 'negotiated_outbound_version' in answer) {
    const inboundVersion = version('negotiated_inbound_version');
    const outboundVersion = version('negotiated_outbound_version');
    return inboundVersion === undefined || outboundVersion === undefined
      ? undefined
      : { inboundVersion, outboundVersion };
  }
  // Simulators that know nothing of the agreement.
  const legacy = Number(/^SIMULATION\/(\d{1,3}(?:\.\d{1,3})?)$/.exec(textMember(answer, 'version'))?.[1]);
  return legacy > 0 ? { inboundVersion: legacy, outboundVersion: legacy } : undefined;
}

function textMember(answer: JsonObject, name: string): string {
  const value = answer[name];
  return typeof value === 'string' ? storableText(value, reasonMax) : '';
}

function reasonOf(answer: JsonObject, region: DestinationRegion): string {
  const reason = textMember(answer, 'reason');
  return reason === '' ? `${region.name} refuses to let you in.` : reason;
}

function noAnswer({ name }: DestinationRegion): string {
  return `The region ${name} does not answer.`;
}
