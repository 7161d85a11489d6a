/**
 * The simulator of the login measurement, as cheap as can be: it accepts every agent. Raw TCP, since node:http refuses
 * QUERYACCESS. Run as a program it listens and prints its port.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

export interface BenchSimulator {
  readonly port: number;
  stop(): void;
}

export async function startSimulator(): Promise<BenchSimulator> {
  const child = spawn(process.execPath, [import.meta.filename], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { port: Number(port), stop: () => child.kill() };
}

const access =
  '{"success":true,"reason":"","version":"SIMULATION/0","negotiated_inbound_version":0.8,"negotiated_outbound_version":0.8,"features":[]}';
const agent = '{"reason":"Authorized","success":true,"your_ip":"127.0.0.1"}';

function reply(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: Keep-Alive\r\n\r\n${body}`;
}

if (process.argv[1] === import.meta.filename) {
  const server = createServer((socket) => {
    let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, Buffer.from(chunk)]);
      for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
        const head = rest.subarray(0, end).toString('latin1');
        const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        if (rest.length < end + 4 + length) return;
        rest = rest.subarray(end + 4 + length);
        if (head.startsWith('QUERYACCESS')) socket.write(reply(access));
        else if (head.startsWith('POST /agent')) socket.write(reply(agent));
        else socket.write(reply('OK'));
      }
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    console.log(typeof address === 'object' && address !== null ? address.port : '');
  });
}
