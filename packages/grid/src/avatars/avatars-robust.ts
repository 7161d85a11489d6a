/** The avatar service as simulators call it. Source: OpenSim/Server/Handlers/Avatar/AvatarServerPostHandler.cs */
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import { compact, formHandler, indented } from '../robust-form.ts';
import type { FormAnswer, FormMethod } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { AvatarRefusedError } from './avatars.ts';
import type { Avatars } from './avatars.ts';

const success = indented({ result: 'Success' });
const failure = indented({ result: 'Failure' });
/** Fields of a call that are no values of the avatar. */
const callFields: ReadonlySet<string> = new Set(['METHOD', 'UserID', 'VERSIONMIN', 'VERSIONMAX']);

export function avatarsRobust(avatars: Avatars, log: ServiceLog): RobustRoutes {
  const methods: Readonly<Record<string, FormMethod>> = {
    getavatar: async (fields) => compact([['result', await avatars.find(fields.uuid('UserID'))]]),
    setavatar: (fields) => written(avatars.replace(fields.uuid('UserID'), valuesOf(fields))),
    resetavatar: async (fields) => ((await avatars.reset(fields.uuid('UserID'))) ? success : failure),
    setitems: (fields) => written(avatars.setItems(fields.uuid('UserID'), itemsOf(fields))),
    removeitems: (fields) => written(avatars.removeItems(fields.uuid('UserID'), fields.list('Names'))),
  };
  return new Map([['avatar', formHandler({ name: 'avatar', methods, failure, log })]]);
}

async function written(write: Promise<void>): Promise<FormAnswer> {
  try {
    await write;
    return success;
  } catch (error) {
    if (error instanceof AvatarRefusedError) throw new FormFieldError(error.message);
    throw error;
  }
}

function valuesOf(fields: FormFields): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of fields.form.fields)
    if (typeof value === 'string' && !callFields.has(name)) values.set(name, value);
  return values;
}

function itemsOf(fields: FormFields): ReadonlyMap<string, string> {
  const [names, values] = [fields.list('Names'), fields.list('Values')];
  if (names.length !== values.length) throw new FormFieldError('fields Names and Values differ in length');
  return new Map(names.map((name, index) => [name, values[index] ?? '']));
}
