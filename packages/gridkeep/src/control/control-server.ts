/** Runs commands for whoever may open the socket in the data folder, that is, the owner of the files. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import Value from 'typebox/value';
import { CommandError, usageErrorCode } from '../commands/command.ts';
import type { InstallationCommand, Outcome, Report } from '../commands/command.ts';
import { describeError } from '../commands/describe-error.ts';
import { commandsPath, requestBytesMax, requestSchema } from './events.ts';
import type { ControlEvent } from './events.ts';

export interface ControlServerOptions {
  readonly socket: string;
  readonly findCommand: (name: string) => InstallationCommand | undefined;
  readonly runCommand: (command: InstallationCommand, input: unknown, report: Report) => Promise<Outcome>;
  readonly logFailure: (command: string, error: unknown) => void;
}

export interface ControlServer {
  /** Takes no new commands; open ones end with the stop of what they wait for. */
  close(): Promise<void>;
}

export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.logFailure('', error);
      response.destroy();
    });
  });
  // A watched job may say nothing for hours.
  server.requestTimeout = 0;
  server.timeout = 0;
  await listenPrivately(server, options.socket);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const limit = setTimeout(() => server.closeAllConnections(), answersMsMax);
      await closed;
      clearTimeout(limit);
    },
  };
}

/** How long answers that are under way may take once the server closes, in milliseconds. */
const answersMsMax = 5_000;

/** The socket is made with mode 0600: there is no moment in which others could open it. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // A path is bound within the call, so no other file is made under this mask.
    const umask = process.umask(0o177);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
    process.umask(umask);
  });
}

async function answer(
  options: ControlServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST' || request.url !== commandsPath) {
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  response.flushHeaders();
  const send = (event: ControlEvent): void => {
    if (!response.writableEnded) response.write(`${JSON.stringify(event)}\n`);
  };
  let name = '';
  try {
    const body = parseRequest(await readBody(request));
    name = body.command;
    const command = options.findCommand(name);
    if (command === undefined)
      throw new CommandError(usageErrorCode, `the running server does not know the command "${name}"`);
    const outcome = await options.runCommand(command, body.input, {
      // A watcher that reads slowly misses progress; it never makes the server hold it.
      progress: (progress) => {
        if (!response.writableNeedDrain) send({ event: 'progress', progress });
      },
      watching: (job) => send({ event: 'watching', job }),
    });
    send({ event: 'outcome', outcome });
  } catch (error) {
    const { code, message, expected } = describeError(error);
    if (!expected) options.logFailure(name, error);
    send({ event: 'error', error: { code, message } });
  }
  response.end();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > requestBytesMax) throw new CommandError(usageErrorCode, 'the command is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseRequest(text: string): { readonly command: string; readonly input: unknown } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new CommandError(usageErrorCode, 'the command is not JSON');
  }
  if (!Value.Check(requestSchema, body))
    throw new CommandError(usageErrorCode, 'the command has a wrong form');
  return body;
}
