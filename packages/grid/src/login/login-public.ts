/** The logins that viewers send to the public port. Whatever happens, the viewer gets an answer it can show. */
import { isLlsdMap, LlsdError } from '@gridkeep/wire/llsd/value';
import type { LlsdMap } from '@gridkeep/wire/llsd/value';
import { readLlsdXml } from '@gridkeep/wire/llsd/xml-reader';
import { writeLlsdXml } from '@gridkeep/wire/llsd/xml-writer';
import { tryDecodeUtf8Document } from '@gridkeep/wire/utf8';
import type { PublicCaller, PublicServices, XmlRpcMethods } from '../public-calls.ts';
import type { ServiceLog } from '../service-log.ts';
import type { LoginLevel } from './login-level.ts';
import { LoginRefusedError, loginRefused } from './login-refused.ts';
import { llsdLoginReply, refusalMembers, xmlRpcLoginReply } from './login-reply.ts';
import { readLlsdLogin, readXmlRpcLogin } from './login-request.ts';
import type { LoginRequest } from './login-request.ts';
import type { LoggedIn, Login } from './login.ts';

/** Viewers send some 2 kB. */
const bodyLimits = { lengthMax: 256 * 1024, valuesMax: 5000, depthMax: 8 };

export function loginXmlRpc(login: Login, level: LoginLevel, log: ServiceLog): XmlRpcMethods {
  return new Map([
    [
      'login_to_simulator',
      async (parameters, caller) => {
        const outcome = await outcomeOf(login, readXmlRpcLogin(parameters), caller, log);
        return outcome instanceof LoginRefusedError ? refusalMembers(outcome) : xmlRpcLoginReply(outcome);
      },
    ],
    ['set_login_level', (parameters, caller) => level.set(parameters, caller)],
  ]);
}

/** As PublicServices wants it. */
export function llsdLogin(login: Login, log: ServiceLog): PublicServices['llsdLogin'] {
  return async (body, caller) => {
    const members = readMap(body);
    if (members === undefined) return { status: 400, body: new Uint8Array(0) };
    const outcome = await outcomeOf(login, readLlsdLogin(members), caller, log);
    const reply = outcome instanceof LoginRefusedError ? refusalMembers(outcome) : llsdLoginReply(outcome);
    return { status: 200, body: Buffer.from(writeLlsdXml(reply), 'utf8') };
  };
}

async function outcomeOf(
  login: Login,
  request: LoginRequest | undefined,
  { address }: PublicCaller,
  log: ServiceLog,
): Promise<LoggedIn | LoginRefusedError> {
  if (request === undefined) return loginRefused('incomplete');
  try {
    return await login.login(request, address);
  } catch (error) {
    if (error instanceof LoginRefusedError) return error;
    log.error({ err: error, address }, 'a login failed');
    return loginRefused('internal');
  }
}

function readMap(body: Uint8Array): LlsdMap | undefined {
  const text = tryDecodeUtf8Document(body);
  if (text === undefined) return undefined;
  try {
    const value = readLlsdXml(text, bodyLimits);
    return isLlsdMap(value) ? value : undefined;
  } catch (error) {
    if (error instanceof LlsdError) return undefined;
    throw error;
  }
}
