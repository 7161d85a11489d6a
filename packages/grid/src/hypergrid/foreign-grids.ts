/**
 * What this grid asks other grids. They may be slow, gone, hostile or this grid's customers: every answer is checked, and
 * none of them is a reason to fail. Sources: OpenSim/Services/Connectors/Hypergrid.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { tryDecodeUtf8Document } from '@gridkeep/wire/utf8';
import { writeForm } from '@gridkeep/wire/robust/form';
import { ReplyError, readReply } from '@gridkeep/wire/robust/reply';
import type { ReadReply } from '@gridkeep/wire/robust/reply';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { XmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import { tryParseGridUrl } from '../grid-url.ts';
import { isJsonObject } from '../json-members.ts';
import { OutboundError } from '../outbound/outbound.ts';
import type { Outbound } from '../outbound/outbound.ts';
import { xmlRpcCall } from '../outbound/xmlrpc-call.ts';
import type { JsonObject, JsonValue } from '../public-calls.ts';
import type { AgentCircuit } from '../simulation/agent-circuit.ts';
import { packAgentCircuit } from '../simulation/circuit-json.ts';
import { newestContext, packContext } from '../simulation/versions.ts';
import { structFlag, structText, structUuid, structWhole } from '../struct-fields.ts';
import { storableText } from '../text.ts';
import { refuseAgent } from './agent-post.ts';
import type { AgentAnswer, AgentCall } from './agent-post.ts';

const compress = promisify(gzip);

/** Whoever waits is a person who wants to travel. */
const askMs = 8000;
/** The other grid asks its own simulator, which may wait for an older connection of the same agent. */
const sendAgentMs = 25_000;
const answerBytesMax = 64 * 1024;
const serviceUrlsMax = 32;

/** A region of another grid as its gatekeeper describes it. */
export interface ForeignRegion {
  readonly id: Uuid;
  /** Decimal; of its place over there. */
  readonly handle: string;
  readonly sizeX: number;
  readonly sizeY: number;
  /** '' when there is none. */
  readonly imageUrl: string;
  /** Address and name as that grid writes them. */
  readonly externalName: string;
}

export class ForeignGrids {
  readonly #outbound: Outbound;

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  /** Whether a visitor's home grid knows the token of the session: then it has sent the visitor here. */
  async verifyAgent(home: string, sessionId: Uuid, token: string): Promise<boolean> {
    const parameters = new Map([
      ['sessionID', sessionId],
      ['token', token],
    ]);
    const answer = await this.#ask(home, 'verify_agent', parameters);
    return answer !== undefined && structFlag(answer, 'result');
  }

  /** Service addresses of a user, by their names without `SRV_`. Undefined when the grid does not tell. */
  async serviceUrls(home: string, userId: Uuid): Promise<ReadonlyMap<string, string> | undefined> {
    const answer = await this.#ask(home, 'get_server_urls', new Map([['userID', userId]]));
    if (answer === undefined) return undefined;
    const urls = new Map<string, string>();
    for (const name of answer.keys()) {
      const url = name.startsWith('SRV_') ? tryParseGridUrl(structText(answer, name)) : undefined;
      if (url !== undefined && urls.size < serviceUrlsMax) urls.set(name.slice(4), url);
    }
    return urls;
  }

  /** The named region, or the gateway for an empty name. Undefined when there is none or nobody answers. */
  async linkRegion(gatekeeper: string, regionName: string): Promise<ForeignRegion | undefined> {
    const answer = await this.#ask(gatekeeper, 'link_region', new Map([['region_name', regionName]]));
    const id = answer === undefined ? undefined : structUuid(answer, 'uuid');
    if (answer === undefined || id === undefined || id === zeroUuid || !structFlag(answer, 'result'))
      return undefined;
    const handle = structText(answer, 'handle');
    return {
      id,
      handle: /^\d{1,20}$/.test(handle) ? handle : '0',
      sizeX: sizeOf(answer, 'size_x'),
      sizeY: sizeOf(answer, 'size_y'),
      imageUrl: structText(answer, 'region_image', 255),
      externalName: storableText(structText(answer, 'external_name'), 255),
    };
  }

  /** Whether a grid's public server is there and of Robust's kind. */
  async isRobust(gatekeeper: string): Promise<boolean> {
    try {
      const reply = await this.#outbound.request({
        ...{
          method: 'GET',
          url: `${gatekeeper}helo/`,
          timeoutMs: askMs,
          bytesMax: answerBytesMax,
          to: 'grid',
        },
      });
      return reply.status === 200 && (reply.header('x-handlers-provided') ?? '').includes('robust');
    } catch (error) {
      if (error instanceof OutboundError) return false;
      throw error;
    }
  }

  /** Sends a resident of this grid to another: `POST <gatekeeper>foreignagent/<id>/`. */
  async sendAgent(gatekeeper: string, circuit: AgentCircuit, call: AgentCall): Promise<AgentAnswer> {
    const { destination, source } = call;
    const body: JsonObject = {
      ...packAgentCircuit(circuit),
      context: packContext(newestContext),
      ...source,
      destination_x: destination.x,
      destination_y: destination.y,
      destination_uuid: destination.regionId,
      teleport_flags: String(circuit.teleportFlags),
    };
    try {
      const reply = await this.#outbound.request({
        method: 'POST',
        url: `${gatekeeper}foreignagent/${circuit.agentId}/`,
        headers: { 'Content-Type': 'application/json', 'X-Content-Encoding': 'gzip' },
        body: await compress(JSON.stringify(body)),
        ...{ timeoutMs: sendAgentMs, bytesMax: answerBytesMax, to: 'grid' },
      });
      return (
        readAnswer(reply.body) ??
        refuseAgent('The other grid did not answer in a way that can be understood.')
      );
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return refuseAgent('The other grid cannot be reached.');
    }
  }

  /** Whether a user's own grid has a friendship that the user is said to have offered. */
  async validateFriendshipOffered(friendsUrl: string, fromId: Uuid, toId: Uuid): Promise<boolean> {
    const reply = await this.#friendsForm(friendsUrl, [
      ['METHOD', 'validate_friendship_offered'],
      ['PrincipalID', fromId],
      ['Friend', toId],
    ]);
    const result = reply?.get('RESULT');
    return typeof result === 'string' && result.toLowerCase() === 'true';
  }

  async #friendsForm(
    friendsUrl: string,
    fields: readonly (readonly [string, string])[],
  ): Promise<ReadReply | undefined> {
    try {
      const reply = await this.#outbound.request({
        method: 'POST',
        url: `${friendsUrl}hgfriends`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: writeForm(fields),
        ...{ timeoutMs: askMs, bytesMax: answerBytesMax, to: 'grid' },
      });
      const text = tryDecodeUtf8Document(reply.body);
      return text === undefined ? undefined : readReply(text);
    } catch (error) {
      if (error instanceof OutboundError || error instanceof ReplyError) return undefined;
      throw error;
    }
  }

  async #ask(url: string, method: string, parameters: XmlRpcStruct): Promise<XmlRpcStruct | undefined> {
    try {
      return await xmlRpcCall(this.#outbound, { url, method, parameters, to: 'grid', timeoutMs: askMs });
    } catch (error) {
      if (error instanceof OutboundError) return undefined;
      throw error;
    }
  }
}

function sizeOf(answer: XmlRpcStruct, name: string): number {
  const size = structWhole(answer, name) ?? 0;
  return size >= 256 && size <= 65_536 && size % 256 === 0 ? size : 256;
}

function readAnswer(body: Uint8Array): AgentAnswer | undefined {
  try {
    const json: JsonValue = JSON.parse(tryDecodeUtf8Document(body) ?? '');
    if (!isJsonObject(json)) return undefined;
    const reason = json['reason'];
    return {
      granted: json['success'] === true,
      reason: typeof reason === 'string' ? storableText(reason, 500) : '',
    };
  } catch {
    return undefined;
  }
}
