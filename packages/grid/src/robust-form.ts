/**
 * The pattern of Robust's form services: one path, a METHOD and its fields in the body, a `ServerResponse` as answer.
 * Whatever is wrong with a request gets the service's own failure document with status 200: simulators know nothing else.
 */
import { FormError, readForm } from '@gridkeep/wire/robust/form';
import type { FormLimits } from '@gridkeep/wire/robust/form';
import { writeReply } from '@gridkeep/wire/robust/reply';
import type { Reply, ReplyLayout } from '@gridkeep/wire/robust/reply';
import { andThen } from './at-once.ts';
import type { AtOnce } from './at-once.ts';
import { FormFieldError, FormFields } from './form-fields.ts';
import { emptyReply } from './robust-http.ts';
import type { RobustHandler, RobustReply, RobustRequest } from './robust-http.ts';
import type { ServiceLog } from './service-log.ts';

export interface FormAnswer {
  readonly reply: Reply;
  readonly layout: ReplyLayout;
  /** As `RobustReply.sent`. */
  readonly sent?: () => void;
}

/** A whole document that the service has written itself, where replies are too large to be built as maps first. */
export interface WrittenAnswer {
  readonly document: Uint8Array;
}

type Answer = FormAnswer | WrittenAnswer;

/** Throws FormFieldError for a field that is missing or wrong; the caller gets the failure document. */
export type FormMethod = (fields: FormFields, request: RobustRequest) => AtOnce<Answer>;

export interface FormService {
  /** For logs. */
  readonly name: string;
  /** By METHOD, exactly as simulators write it. */
  readonly methods: Readonly<Record<string, FormMethod>>;
  /** For an unknown or missing METHOD, a wrong field, and what went wrong inside. */
  readonly failure: FormAnswer;
  readonly log: ServiceLog;
  readonly limits?: Partial<FormLimits>;
}

/** Replies with data. */
export function compact(
  members: Iterable<readonly [string, Reply | string | number | boolean | undefined]>,
): FormAnswer {
  return { reply: new Map(members), layout: 'compact' };
}

/** One text in a document of its own, such as `<Result>Success</Result>`. */
export function indented(members: Readonly<Record<string, string>>): FormAnswer {
  return { reply: new Map(Object.entries(members)), layout: 'indented' };
}

/** A list as simulators write and read it: `region0`, `region1` and so on. */
export function numbered<Entry, Value extends Reply | string | number>(
  prefix: string,
  entries: Iterable<Entry>,
  valueOf: (entry: Entry) => Value,
): readonly (readonly [string, Value])[] {
  return Array.from(entries, (entry, index) => [`${prefix}${index}`, valueOf(entry)] as const);
}

/** A method that answers without a promise is answered without one. */
export function formHandler(service: FormService): RobustHandler {
  const methods = new Map(Object.entries(service.methods));
  return (request) => {
    if (request.method !== 'POST') return emptyReply(404);
    try {
      const reply = andThen(answer(service, methods, request), formReply);
      return reply instanceof Promise
        ? reply.catch((error: unknown) => failed(service, request, error))
        : reply;
    } catch (error) {
      return failed(service, request, error);
    }
  };
}

export function formReply(answer: Answer): RobustReply {
  const body =
    'document' in answer ? answer.document : Buffer.from(writeReply(answer.reply, answer.layout), 'utf8');
  const sent = 'document' in answer ? undefined : answer.sent;
  return { status: 200, contentType: 'application/xml', body, ...(sent === undefined ? {} : { sent }) };
}

function answer(
  service: FormService,
  methods: ReadonlyMap<string, FormMethod>,
  request: RobustRequest,
): AtOnce<Answer> {
  const fields = new FormFields(readForm(request.body, service.limits));
  const name = fields.optionalText('METHOD') ?? '';
  const method = methods.get(name);
  if (method !== undefined) return method(fields, request);
  service.log.warn(
    { service: service.name, source: request.source, method: name.slice(0, 64) },
    'a simulator asked for a method that does not exist',
  );
  return service.failure;
}

function failed(service: FormService, request: RobustRequest, error: unknown): RobustReply {
  const context = { service: service.name, source: request.source };
  if (error instanceof FormFieldError || error instanceof FormError)
    service.log.warn({ ...context, reason: error.message }, 'a simulator sent a request that is not right');
  else service.log.error({ ...context, err: error }, 'a service failed to answer a simulator');
  return formReply(service.failure);
}
