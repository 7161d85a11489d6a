/** Mute lists for simulators: `POST /mutelist` (OpenSim/Server/Handlers/MuteList/MuteListServerPostHandler.cs). */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import { compact, formHandler, indented } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { TooManyMutesError } from './mutes.ts';
import type { Mutes } from './mutes.ts';

const success = indented({ result: 'Success' });
const failure = indented({ result: 'Failure' });
/** What tells a viewer to use the list that it has. */
const useCached = Uint8Array.of(1);

export function mutesRobust(mutes: Mutes, log: ServiceLog): RobustRoutes {
  const handler = formHandler({
    name: 'mutelist',
    log,
    failure,
    methods: {
      get: async (fields) => {
        const known = fields.wholeOr('mutecrc', 0);
        const file = await mutes.file(agentOf(fields), known);
        const bytes = file === 'unchanged' ? useCached : file;
        return compact([['result', Buffer.from(bytes).toString('base64')]]);
      },
      update: async (fields, request) => {
        const agent = agentOf(fields);
        try {
          // Simulators leave out what is zero.
          await mutes.set(agent, {
            id: fields.uuid('muteid'),
            name: fields.optionalText('mutename') ?? '',
            type: fields.int32Or('mutetype', 0),
            flags: fields.int32Or('muteflags', 0),
            stamp: fields.int32Or('mutestamp', Math.floor(Date.now() / 1000)),
          });
        } catch (error) {
          if (!(error instanceof TooManyMutesError)) throw error;
          log.warn({ service: 'mutelist', source: request.source, agent }, error.message);
          return failure;
        }
        return success;
      },
      delete: async (fields) => {
        const name = fields.optionalText('mutename') ?? '';
        return (await mutes.remove(agentOf(fields), fields.uuid('muteid'), name)) ? success : failure;
      },
    },
  });
  return new Map([['mutelist', handler]]);
}

/** Nobody is the zero id, so what is muted for it is muted for nobody. */
function agentOf(fields: FormFields): Uuid {
  const agent = fields.uuid('agentid');
  if (agent === zeroUuid) throw new FormFieldError('field agentid is zero');
  return agent;
}
