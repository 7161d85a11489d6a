/** Requests to servers in the tests' own process, each on a connection of its own. */
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Local address of the connection: all of 127.0.0.0/8 are this machine. */
  readonly from?: string;
}

export type Ask = (path: string, asked?: Asked) => Promise<Reply>;

export function askPort(port: number): Ask {
  return (path, { method = 'GET', headers = {}, body, from } = {}) =>
    new Promise((resolve, reject) => {
      // Node.js leaves the length out where a method usually has no body.
      const length =
        body === undefined || 'transfer-encoding' in headers
          ? {}
          : { 'content-length': String(Buffer.byteLength(body)) };
      const outgoing = request(
        {
          ...{ host: '127.0.0.1', port, path, method, agent: false },
          headers: { ...length, ...headers },
          ...(from === undefined ? {} : { localAddress: from }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
}

export function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}
