/**
 * Agents' preferences for simulators: `POST /agentprefs`
 * (OpenSim/Server/Handlers/AgentPreferences/AgentPreferencesServerPostHandler.cs).
 */
import { zeroUuid } from '@gridkeep/wire/uuid';
import { FormFieldError } from '../form-fields.ts';
import { compact, formHandler, indented } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import type { AgentPreferencesService } from './agent-preferences.ts';

export function agentPreferencesRobust(service: AgentPreferencesService, log: ServiceLog): RobustRoutes {
  const handler = formHandler({
    name: 'agentprefs',
    log,
    failure: indented({ result: 'Failure' }),
    methods: {
      // OpenSimulator answers nothing for an agent that has chosen nothing; its regions then forget whom they asked for, and
      // what the agent chooses next is stored under the zero id and lost.
      getagentprefs: async (fields) => {
        const agent = fields.uuid('UserID');
        const preferences = await service.read(agent);
        return compact([
          ['PrincipalID', agent],
          ['AccessPrefs', preferences.access],
          ['HoverHeight', preferences.hoverHeight],
          ['Language', preferences.language],
          ['LanguageIsPublic', preferences.languageIsPublic],
          ['PermEveryone', preferences.everyonePermissions],
          ['PermGroup', preferences.groupPermissions],
          ['PermNextOwner', preferences.nextPermissions],
        ]);
      },
      setagentprefs: async (fields) => {
        const agent = fields.uuid('PrincipalID');
        if (agent === zeroUuid) throw new FormFieldError('field PrincipalID is zero');
        await service.write(agent, {
          access: fields.text('AccessPrefs'),
          hoverHeight: fields.real('HoverHeight'),
          language: fields.text('Language'),
          languageIsPublic: fields.flag('LanguageIsPublic'),
          everyonePermissions: fields.int32('PermEveryone'),
          groupPermissions: fields.int32('PermGroup'),
          nextPermissions: fields.int32('PermNextOwner'),
        });
        return indented({ result: 'Success' });
      },
      getagentlang: async (fields) => compact([['Language', await service.language(fields.uuid('UserID'))]]),
    },
  });
  return new Map([['agentprefs', handler]]);
}
