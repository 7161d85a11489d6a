import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { CommandError } from '../commands/command.ts';
import type { Outcome, Report } from '../commands/command.ts';
import { commandsPath, readEvent } from './events.ts';

/** No server listens on that socket: none was started, or it was killed. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError';
}

/** Runs a command in the server behind the socket. Throws a NoServerError when there is none, a CommandError when it fails. */
export async function runOverSocket(
  socket: string,
  command: string,
  input: unknown,
  report: Report,
): Promise<Outcome> {
  const response = await post(socket, JSON.stringify({ command, input }));
  if (response.statusCode !== 200) {
    response.resume();
    throw new CommandError('protocol', `the server answered ${response.statusCode ?? 'nothing'}`);
  }
  try {
    for await (const line of createInterface({ input: response })) {
      const outcome = line === '' ? undefined : readEvent(line, report);
      if (outcome !== undefined) return outcome;
    }
  } finally {
    response.destroy();
  }
  throw new CommandError('server-gone', 'the server went away before the command had ended');
}

function post(socketPath: string, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: commandsPath, method: 'POST', agent: false }, resolve);
    outgoing.setHeader('Content-Type', 'application/json');
    outgoing.setHeader('Content-Length', Buffer.byteLength(body));
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      reject(absent ? new NoServerError('no server listens') : error);
    });
    outgoing.end(body);
  });
}
