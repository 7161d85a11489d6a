/**
 * Passwords and tokens for simulators: `POST /auth/plain`
 * (OpenSim/Server/Handlers/Authentication/AuthenticationServerPostHandler.cs).
 */
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Accounts } from '../accounts/accounts.ts';
import type { FormFields } from '../form-fields.ts';
import { formHandler, indented } from '../robust-form.ts';
import type { FormAnswer } from '../robust-form.ts';
import { emptyReply, pathParts } from '../robust-http.ts';
import type { RobustRequest, RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import type { Settings } from '../settings/settings.ts';
import { BusyError } from '../work-gate.ts';
import { PasswordRefusedError } from './authentication.ts';
import type { Authentication } from './authentication.ts';
import { tokenMinutesMax } from './tokens.ts';

export interface AuthenticationRobustOptions {
  readonly accounts: Accounts;
  readonly authentication: Authentication;
  readonly settings: Settings;
  readonly log: ServiceLog;
}

const success = indented({ Result: 'Success' });
const failure = indented({ Result: 'Failure' });

export function authenticationRobust(options: AuthenticationRobustOptions): RobustRoutes {
  const { accounts, authentication, settings, log } = options;
  const refused = (request: RobustRequest, reason: string): FormAnswer => {
    log.warn(
      { service: 'authentication', source: request.source, reason },
      'a simulator’s request was refused',
    );
    return failure;
  };
  /** Hashes stay here: no setting gives them away, and none of OpenSimulator's could be checked against ours. */
  const never = (_fields: FormFields, request: RobustRequest) =>
    refused(request, 'password hashes are neither told nor taken');

  const plain = formHandler({
    name: 'authentication',
    log,
    failure,
    methods: {
      authenticate: async (fields, request) => {
        const [principal, minutes] = [fields.uuid('PRINCIPAL'), lifetime(fields)];
        try {
          if (!(await authentication.verifyMd5(principal, fields.text('PASSWORD')))) return failure;
        } catch (error) {
          if (error instanceof BusyError) return refused(request, error.message);
          throw error;
        }
        const token = await authentication.issueToken(principal, minutes);
        return indented({ Result: 'Success', Token: token });
      },
      verify: async (fields) => {
        const [principal, minutes] = [fields.uuid('PRINCIPAL'), lifetime(fields)];
        const token = tryParseUuid(fields.text('TOKEN').trim());
        return token !== undefined && (await authentication.verifyToken(principal, token, minutes))
          ? success
          : failure;
      },
      release: async (fields) => {
        const principal = fields.uuid('PRINCIPAL');
        const token = tryParseUuid(fields.text('TOKEN').trim());
        return token !== undefined && (await authentication.releaseToken(principal, token))
          ? success
          : failure;
      },
      setpassword: async (fields, request) => {
        const principal = fields.uuid('PRINCIPAL');
        if (!(await settings.read()).regionsSetPasswords)
          return refused(request, 'regions-set-passwords is false');
        if ((await accounts.find(principal)) === undefined)
          return refused(request, 'there is no such account');
        try {
          await authentication.setPassword(principal, fields.text('PASSWORD'));
        } catch (error) {
          if (error instanceof PasswordRefusedError || error instanceof BusyError)
            return refused(request, error.message);
          throw error;
        }
        return success;
      },
      getauthinfo: never,
      setauthinfo: never,
    },
  });

  return new Map([
    [
      'auth',
      (request) => {
        const [, kind, ...more] = pathParts(request.path);
        if (more.length > 0 || request.method !== 'POST') return emptyReply(404);
        if (kind === 'plain') return plain(request);
        return kind === 'crypt' ? emptyReply(200, 'application/xml') : emptyReply(404);
      },
    ],
  ]);
}

/** Minutes. */
function lifetime(fields: FormFields): number {
  return fields.optionalText('LIFETIME') === undefined ? tokenMinutesMax : fields.whole('LIFETIME');
}
