/** Travellers on the public port: `/foreignagent` for those who come, `/homeagent` for residents who set out; and `/helo`. */
import { emptyReply } from '../robust-http.ts';
import type { RobustHandler, RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { agentReply, readAgentCall, refuseAgent } from './agent-post.ts';
import type { AgentAnswer, AgentCall } from './agent-post.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import type { UserAgents } from './user-agents.ts';

export function agentsRobust(gatekeeper: Gatekeeper, userAgents: UserAgents, log: ServiceLog): RobustRoutes {
  return new Map([
    [
      'foreignagent',
      agentHandler(
        ({ circuit, destination, source }) => gatekeeper.admit(circuit, destination.regionId, source),
        log,
      ),
    ],
    ['homeagent', agentHandler((call) => userAgents.sendAgent(call), log)],
    ['helo', helo],
  ]);
}

/** Status 200 whatever happens, as OpenSimulator's: only `success` is looked at. */
function agentHandler(send: (call: AgentCall) => Promise<AgentAnswer>, log: ServiceLog): RobustHandler {
  return async (request) => {
    if (request.method !== 'POST') return emptyReply(405);
    const call = await readAgentCall(request);
    if (call === undefined) return agentReply(refuseAgent('Bad request'), request.address);
    try {
      return agentReply(await send(call), request.address);
    } catch (error) {
      log.error({ agent: call.circuit.agentId, err: error }, 'a traveller could not be dealt with');
      return agentReply(refuseAgent('Internal error'), request.address);
    }
  };
}

/** How simulators tell a grid like this from a single region. */
const helo: RobustHandler = ({ method }) =>
  method === 'GET' || method === 'HEAD'
    ? { ...emptyReply(200, 'text/html;charset=UTF-8'), headers: { 'X-Handlers-Provided': 'opensim-robust' } }
    : emptyReply(405);
