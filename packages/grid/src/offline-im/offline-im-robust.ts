/**
 * Offline messages as simulators call them. Every answer has a RESULT: regions of 0.9.2 fail without.
 * Source: OpenSim/Addons/OfflineIM/Remote/OfflineIMServiceRobustConnector.cs
 */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatVector3, zeroVector } from '@gridkeep/wire/vector';
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import { compact, formHandler, numbered } from '../robust-form.ts';
import type { FormMethod } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import type { OfflineMessage } from './offline-message.ts';
import type { OfflineMessages } from './offline-messages.ts';

const done = compact([['RESULT', true]]);
const failure = compact([['RESULT', false]]);

export function offlineImRobust(offlineMessages: OfflineMessages, log: ServiceLog): RobustRoutes {
  const methods: Readonly<Record<string, FormMethod>> = {
    GET: async (fields) => {
      const userId = fields.uuidOr('PrincipalID', undefined);
      if (userId === undefined)
        return compact([
          ['RESULT', 'NULL'],
          ['REASON', 'Bad network data'],
        ]);
      const { messages, delivered } = await offlineMessages.take(userId);
      const answer = compact([['RESULT', new Map(numbered('im-', messages, messageReply))]]);
      if (messages.length === 0) return answer;
      const sent = () => {
        delivered().catch((error: unknown) =>
          log.error({ err: error, user: userId }, 'messages that were delivered could not be deleted'),
        );
      };
      return { ...answer, sent };
    },
    STORE: async (fields) => {
      const result = await offlineMessages.store(messageOf(fields));
      return result === 'stored'
        ? done
        : compact([
            ['RESULT', false],
            ['REASON', result.refused],
          ]);
    },
    DELETE: async (fields) => {
      await offlineMessages.deleteOf(fields.uuid('UserID'));
      return done;
    },
  };
  return new Map([['offlineim', formHandler({ name: 'offlineim', methods, failure, log })]]);
}

/** What is left out is nothing; what is there must be right. */
function messageOf(fields: FormFields): OfflineMessage {
  const given = <Value>(name: string, read: (name: string) => Value, otherwise: Value): Value =>
    (fields.optionalText(name) ?? '') === '' ? otherwise : read(name);
  const uuid = (name: string): Uuid => given(name, (field) => fields.uuid(field), zeroUuid);
  const whole = (name: string): number => given(name, (field) => fields.whole(field), 0);
  const position = given('Position', (field) => fields.vectorOr(field, undefined), zeroVector);
  if (position === undefined) throw new FormFieldError('field Position is no vector');
  return {
    toId: fields.uuid('ToAgentID'),
    fromId: uuid('FromAgentID'),
    fromName: fields.optionalText('FromAgentName') ?? '',
    fromGroup: given('FromGroup', (field) => fields.flag(field), false),
    dialog: whole('Dialog'),
    offline: whole('Offline'),
    sessionId: uuid('SessionID'),
    message: fields.optionalText('Message') ?? '',
    binaryBucket: fields.optionalText('BinaryBucket') ?? '',
    estateId: whole('EstateID'),
    regionId: uuid('RegionID'),
    position,
    timestamp: whole('Timestamp'),
  };
}

function messageReply(message: OfflineMessage): ReadonlyMap<string, string | number | boolean> {
  return new Map<string, string | number | boolean>([
    ['BinaryBucket', message.binaryBucket],
    ['Dialog', message.dialog],
    ['FromAgentID', message.fromId],
    ['FromAgentName', message.fromName],
    ['FromGroup', message.fromGroup],
    ['SessionID', message.sessionId],
    ['Message', message.message],
    ['Offline', message.offline],
    ['EstateID', message.estateId],
    ['Position', formatVector3(message.position)],
    ['RegionID', message.regionId],
    ['Timestamp', message.timestamp],
    ['ToAgentID', message.toId],
  ]);
}
