/** Circuits of travellers, as regions send them. */
import { gzipSync } from 'node:zlib';
import { zeroVector } from '@gridkeep/wire/vector';
import type { Account } from '../../accounts/account.ts';
import type { JsonObject } from '../../public-calls.ts';
import { packAgentCircuit } from '../../simulation/circuit-json.ts';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { GridOnWire, TestSession } from './grid-on-wire.ts';

export function agentBody(
  account: Account,
  session: TestSession,
  home: string,
  to: Pick<GridOnWire, 'url' | 'regionId'>,
  changes: JsonObject = {},
): JsonObject {
  return {
    ...packAgentCircuit({
      ...session,
      ...{ agentId: account.id, firstName: account.firstName, lastName: account.lastName },
      ...{ serviceSessionId: '', circuitCode: 1_285_173_555, capsPath: randomUuid(), child: true },
      startPosition: { ...zeroVector, x: 128, y: 128, z: 40 },
      ...{ clientAddress: '127.0.0.1', viewer: 'Firestorm 7.1', channel: 'Firestorm' },
      ...{ mac: 'fb:f6:d9:61:77:ea', id0: '4794e6e16dcab25e6b6e8b529eafa7da', teleportFlags: 0 },
      serviceUrls: new Map([['HomeURI', home]]),
      ...{ appearanceSerial: 0, appearance: { height: 1.9 }, rest: {} },
    }),
    ...{ destination_x: '256000', destination_y: '256000', destination_uuid: to.regionId },
    ...{ teleport_flags: '32', gatekeeper_serveruri: to.url, destination_serveruri: home },
    ...changes,
  };
}

/** The answer, as a region reads it. */
export async function postAgent(
  url: string,
  path: 'homeagent' | 'foreignagent',
  body: JsonObject,
): Promise<{ success: boolean; reason: string }> {
  const { agent_id: id } = body;
  const reply = await fetch(`${url}${path}/${String(id)}/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Content-Encoding': 'gzip' },
    body: gzipSync(JSON.stringify(body)),
  });
  const answer: unknown = await reply.json();
  const member = (name: string): unknown =>
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
  const reason = member('reason');
  return { success: member('success') === true, reason: typeof reason === 'string' ? reason : '' };
}
