/** Asks a form service as a simulator does. */
import assert from 'node:assert/strict';
import { writeForm } from '@gridkeep/wire/robust/form';
import type { FormValue } from '@gridkeep/wire/robust/form';
import type { RobustHandler, RobustRoutes } from '../robust-http.ts';
import { bodyText, robustRequest } from './robust-request.ts';

/** Takes a body as it stands, or fields; the METHOD is one of them. */
export type FormClient = (body: string | Readonly<Record<string, FormValue>>) => Promise<string>;

export function handlerIn(routes: RobustRoutes, name: string): RobustHandler {
  const handler = routes.get(name);
  assert.ok(handler, `nothing answers ${name}`);
  return handler;
}

/** Every answer must be a document with status 200. */
export function formClient(routes: RobustRoutes, name: string): FormClient {
  const handler = handlerIn(routes, name);
  return async (body) => {
    const text = typeof body === 'string' ? body : writeForm(Object.entries(body));
    const reply = await handler(robustRequest('POST', `/${name}`, text));
    assert.equal(reply.status, 200);
    assert.equal(reply.contentType, 'application/xml');
    return bodyText(reply);
  };
}

/** As the services write one text in a document of its own. */
export function textDocument(element: string, text: string): string {
  return `<?xml version="1.0"?>\n<ServerResponse>\n  <${element}>${text}</${element}>\n</ServerResponse>`;
}

export const nullDocument = '<?xml version="1.0"?><ServerResponse><result>null</result></ServerResponse>';
