/**
 * `set_login_level`: a grid god says from the outside who may log in. OpenSimulator forgets the level when it stops; here it is
 * the setting. Source: OpenSim/Server/Handlers/Login/LLLoginHandlers.cs, LLLoginService.SetLevel.
 */
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { godLevel } from '../accounts/account.ts';
import type { PublicCaller } from '../public-calls.ts';
import type { ServiceLog } from '../service-log.ts';
import { SettingError } from '../settings/setting-texts.ts';
import type { Settings } from '../settings/settings.ts';
import { structText, structWhole } from '../struct-fields.ts';
import { LoginRefusedError } from './login-refused.ts';
import type { Login } from './login.ts';

export interface LoginLevelOptions {
  readonly settings: Settings;
  readonly login: Pick<Login, 'authenticate'>;
  readonly log: ServiceLog;
}

export class LoginLevel {
  readonly #options: LoginLevelOptions;

  constructor(options: LoginLevelOptions) {
    this.#options = options;
  }

  /** The password is the 32 digits of its MD5, without `$1$`. Success is a boolean, failure a text. */
  async set(parameters: XmlRpcStruct, { address }: PublicCaller): Promise<XmlRpcStruct> {
    const done = await this.#set(parameters, address);
    return new Map<string, XmlRpcValue>([['success', done || 'false']]);
  }

  async #set(parameters: XmlRpcStruct, address: string): Promise<boolean> {
    const { settings, login, log } = this.#options;
    const level = structWhole(parameters, 'level');
    if (!(await settings.read()).remoteLoginLevel || level === undefined) return false;
    try {
      const account = await login.authenticate(
        {
          firstName: structText(parameters, 'first', 128),
          lastName: structText(parameters, 'last', 128),
          passwordMd5: structText(parameters, 'passwd', 64),
        },
        address,
      );
      if (account.level < godLevel) return false;
      await settings.write('minLoginLevel', String(level));
      log.warn({ account: account.id, address, level }, 'the login level was changed over the network');
      return true;
    } catch (error) {
      if (error instanceof LoginRefusedError || error instanceof SettingError) return false;
      log.error({ err: error, address }, 'the login level could not be changed');
      return false;
    }
  }
}
