/**
 * The peer of the HTTP measurements: a node:http server that reads what it is sent and answers with as many bytes as ours.
 * Run as a program it listens; the benchmark starts it in a process of its own, as Gridkeep is.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

export interface BareServer {
  readonly url: string;
  stop(): void;
}

export async function startBareServer(replyBytes: number): Promise<BareServer> {
  const child = spawn(process.execPath, [import.meta.filename, String(replyBytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { url: `http://127.0.0.1:${port}/`, stop: () => child.kill() };
}

if (process.argv[1] === import.meta.filename) {
  const body = Buffer.alloc(Number(process.argv[2]), 'x');
  const headers = { 'Content-Type': 'application/xml', 'Content-Length': body.length };
  const server = createServer((request, response) => {
    request.on('data', () => undefined);
    request.on('end', () => {
      response.writeHead(200, headers);
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    console.log(typeof address === 'object' && address !== null ? address.port : '');
  });
}
