/**
 * `/estates` as simulators call it: addresses and HTTP status say what other services say in documents.
 * Sources: OpenSim/Server/Handlers/Estate/EstateDataRobustConnector.cs, OpenSim/Framework/EstateSettings.cs.
 */
import { FormError, readForm } from '@gridkeep/wire/robust/form';
import { writeReply } from '@gridkeep/wire/robust/reply';
import type { Reply, ReplyValue } from '@gridkeep/wire/robust/reply';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import { FormFieldError, FormFields } from '../form-fields.ts';
import { numbered } from '../robust-form.ts';
import { pathParts } from '../robust-http.ts';
import type { RobustReply, RobustRequest, RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { estateOfForm, replyOfEstate } from './estate-documents.ts';
import { EstateRefusedError } from './estates.ts';
import type { Estates } from './estates.ts';

export function estatesRobust(estates: Estates, log: ServiceLog): RobustRoutes {
  const handle = async (request: RobustRequest): Promise<RobustReply> => {
    const context = { service: 'estates', source: request.source };
    try {
      return await answer(estates, request);
    } catch (error) {
      if (
        error instanceof FormFieldError ||
        error instanceof FormError ||
        error instanceof EstateRefusedError
      )
        log.warn({ ...context, reason: error.message }, 'a simulator sent a request that is not right');
      else log.error({ ...context, err: error }, 'a service failed to answer a simulator');
      return notFound();
    }
  };
  return new Map([['estates', handle]]);
}

function answer(estates: Estates, request: RobustRequest): RobustReply | Promise<RobustReply> {
  const [, resource, ...more] = pathParts(request.path);
  if (more.length > 0) return notFound();
  const query = new FormFields(readForm(request.query));
  if (request.method === 'POST' && resource === 'estate') return change(estates, query, request);
  if (request.method !== 'GET') return notFound();
  switch (resource) {
    case undefined:
      return list(estates, query);
    case 'estate':
      return one(estates, query);
    case 'regions':
      return regions(estates, query);
    default:
      return notFound();
  }
}

async function list(estates: Estates, query: FormFields): Promise<RobustReply> {
  const name = query.optionalText('name') ?? '';
  const owner = query.optionalText('owner') ?? '';
  if (name !== '') return found(numbered('estate', await estates.idsNamed(name), (id) => id));
  if (owner === '') return found(numbered('estate', await estates.list(), replyOfEstate));
  const ownerId = tryParseUuid(owner);
  return found(
    numbered('estate', ownerId === undefined ? [] : await estates.idsOwnedBy(ownerId), (id) => id),
  );
}

async function one(estates: Estates, query: FormFields): Promise<RobustReply> {
  const region = query.optionalText('region') ?? '';
  if (region === '') {
    const id = query.wholeOr('eid', 0);
    const estate = id === 0 ? undefined : await estates.find(id);
    return estate === undefined ? notFound() : found(replyOfEstate(estate));
  }
  const regionId = query.uuid('region');
  const create = query.flagOr('create', false);
  const estate = await (create ? estates.ofRegionOrNew(regionId) : estates.ofRegion(regionId));
  return estate === undefined ? notFound() : found(replyOfEstate(estate));
}

async function regions(estates: Estates, query: FormFields): Promise<RobustReply> {
  return found(numbered('region', await estates.regions(query.whole('eid')), (id) => id));
}

/** Which of the two it is depends on the address and on OP, which must agree. */
async function change(estates: Estates, query: FormFields, request: RobustRequest): Promise<RobustReply> {
  const fields = new FormFields(readForm(request.body));
  const operation = fields.text('OP');
  const region = query.optionalText('region') ?? '';
  const id = query.optionalText('eid') ?? '';
  if (operation === 'STORE' && region === '' && id === '') {
    await estates.store(estateOfForm(fields));
    return done(true);
  }
  if (operation === 'LINK' && region !== '' && id !== '')
    return done(await estates.link(query.uuid('region'), query.whole('eid')));
  throw new FormFieldError('field OP does not fit the address');
}

/** An empty answer is none: simulators take 404 for it. */
function found(members: Iterable<readonly [string, ReplyValue]>): RobustReply {
  const reply = new Map(members);
  return reply.size === 0 ? notFound() : document(200, 'text/xml', reply);
}

function done(result: boolean): RobustReply {
  return document(200, 'application/xml', new Map([['Result', result]]));
}

function notFound(): RobustReply {
  return document(404, 'application/xml', new Map());
}

function document(status: number, contentType: string, reply: Reply): RobustReply {
  return { status, contentType, body: Buffer.from(writeReply(reply), 'utf8') };
}
