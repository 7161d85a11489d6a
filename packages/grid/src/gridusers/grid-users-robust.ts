/** The grid user service as simulators call it. Source: OpenSim/Server/Handlers/GridUser/GridUserServerPostHandler.cs */
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatVector3, zeroVector } from '@gridkeep/wire/vector';
import type { Vector3 } from '@gridkeep/wire/vector';
import type { FormFields } from '../form-fields.ts';
import { compact, formHandler, indented, numbered } from '../robust-form.ts';
import type { FormAnswer, FormMethod } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { tryParseUserText } from '../user-text.ts';
import type { GridUser } from './grid-user.ts';
import type { GridUsers } from './grid-users.ts';

const success = indented({ result: 'Success' });
const failure = indented({ result: 'Failure' });
const positionDefault: Vector3 = { x: 128, y: 128, z: 70 };

type Place = readonly [user: string, regionId: Uuid, position: Vector3, lookAt: Vector3];

export function gridUsersRobust(gridUsers: GridUsers, log: ServiceLog): RobustRoutes {
  const at =
    (write: (...place: Place) => Promise<void>): FormMethod =>
    async (fields) => {
      await write(...placeOf(fields));
      return success;
    };
  const methods: Readonly<Record<string, FormMethod>> = {
    loggedin: async (fields) => userAnswer(await gridUsers.loggedIn(fields.user('UserID').text)),
    loggedout: at((...place) => gridUsers.loggedOut(...place)),
    sethome: at((...place) => gridUsers.setHome(...place)),
    setposition: at((...place) => gridUsers.setPosition(...place)),
    getgriduserinfo: async (fields) => {
      const user = await gridUsers.find(fields.user('UserID').text);
      return user === undefined ? failure : userAnswer(user);
    },
    getgriduserinfos: async (fields) => {
      // Text that names nobody is nobody that is known.
      const asked = fields.list('AgentIDs').filter((text) => tryParseUserText(text) !== undefined);
      const users = await gridUsers.findMany(asked);
      return compact(numbered('griduser', users, userReply));
    },
  };
  return new Map([['griduser', formHandler({ name: 'griduser', methods, failure, log })]]);
}

function placeOf(fields: FormFields): Place {
  const position = fields.vectorOr('Position', positionDefault);
  return [
    fields.user('UserID').text,
    fields.uuid('RegionID'),
    position,
    fields.vectorOr('LookAt', zeroVector),
  ];
}

function userAnswer(user: GridUser): FormAnswer {
  return compact([['result', userReply(user)]]);
}

function userReply(user: GridUser): ReadonlyMap<string, string | boolean> {
  return new Map<string, string | boolean>([
    ['UserID', user.userId],
    ['HomeRegionID', user.homeRegionId],
    ['HomePosition', formatVector3(user.homePosition)],
    ['HomeLookAt', formatVector3(user.homeLookAt)],
    ['LastRegionID', user.lastRegionId],
    ['LastPosition', formatVector3(user.lastPosition)],
    ['LastLookAt', formatVector3(user.lastLookAt)],
    ['Online', user.online],
    ['Login', dateText(user.login)],
    ['Logout', dateText(user.logout)],
  ]);
}

/** As .NET writes a moment in UTC for the United States: `11/22/2026 5:08:56 PM`. */
export function dateText(unixMs: number): string {
  const date = new Date(unixMs);
  const [hours, minutes, seconds] = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
  const time = `${hours % 12 || 12}:${twoDigits(minutes)}:${twoDigits(seconds)}`;
  return `${day} ${time} ${hours < 12 ? 'AM' : 'PM'}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
