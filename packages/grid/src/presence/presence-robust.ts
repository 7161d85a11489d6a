/** The presence service as simulators call it. Source: OpenSim/Server/Handlers/Presence/PresenceServerPostHandler.cs */
import { andThen } from '../at-once.ts';
import { compact, formHandler, indented, numbered } from '../robust-form.ts';
import type { FormMethod } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { WrittenReplies } from '../written-replies.ts';
import type { Presence } from './presence.ts';
import type { Session } from './session.ts';

const success = indented({ result: 'Success' });
const failure = indented({ result: 'Failure' });
const nothing = compact([['result', 'null']]);

export function presenceRobust(presence: Presence, log: ServiceLog): RobustRoutes {
  const written = new WrittenReplies((session: Session) => compact([['result', sessionReply(session)]]));
  const methods: Readonly<Record<string, FormMethod>> = {
    // Only the grid's own login and gatekeeper make sessions, as in OpenSimulator 0.9.3: no simulator ever asks for one.
    login: () => failure,
    logout: async (fields) => ((await presence.logout(fields.uuid('SessionID'))) ? success : failure),
    logoutregion: async (fields) => {
      await presence.logoutRegion(fields.uuid('RegionID'));
      return success;
    },
    report: async (fields) =>
      (await presence.report(fields.uuid('SessionID'), fields.uuid('RegionID'))) ? success : failure,
    getagent: (fields) =>
      andThen(presence.find(fields.uuid('SessionID')), (session) =>
        session === undefined ? nothing : written.of(session),
      ),
    getagents: async (fields) => {
      const sessions = await presence.ofUsers(fields.uuids('uuids'));
      return sessions.length === 0 ? nothing : compact(numbered('presence', sessions, sessionReply));
    },
  };
  return new Map([['presence', formHandler({ name: 'presence', methods, failure, log })]]);
}

function sessionReply(session: Session): ReadonlyMap<string, string> {
  return new Map([
    ['UserID', session.userId],
    ['RegionID', session.regionId],
  ]);
}
