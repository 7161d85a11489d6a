/** Requests for handlers, as a server would hand them over. */
import type { RobustReply, RobustRequest } from '../robust-http.ts';

export function robustRequest(
  method: string,
  target: string,
  body: Uint8Array | string = '',
  changes: Partial<RobustRequest> = {},
): RobustRequest {
  const [path = '', query = ''] = target.split('?', 2);
  return {
    ...{ method, path, query, source: 'test', address: '127.0.0.1' },
    body: typeof body === 'string' ? new Uint8Array(Buffer.from(body, 'utf8')) : body,
    header: () => undefined,
    ...changes,
  };
}

export function bodyText(reply: RobustReply): string {
  return Buffer.from(reply.body).toString('utf8');
}
