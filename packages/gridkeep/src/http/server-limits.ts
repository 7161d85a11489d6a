/** What all ports have in common: limits on slow and idle clients, and an end that waits for open requests. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client may take for the head of a request, in milliseconds. */
export const headersMsMax = 10_000;
/** And for all of it: 250 MiB at 1 MB/s. */
export const requestMsMax = 300_000;
/** Simulators give up idle connections after 31 s; the server must not be first. */
export const idleMsMax = 65_000;
export const checkEveryMs = 5_000;
const connectionsMax = 4096;
export const headBytesMax = 16_384;
/** How long open requests may take to end once the program stops, in milliseconds. */
const stopMsMax = 10_000;
const idleCheckMs = 50;

/** One of the program's ports. */
export interface PortServer {
  /** Resolves to the port it got. */
  listen(host: string, port: number): Promise<number>;
  /** Accepts nothing more, lets open requests end, and after 10 s ends them. */
  stop(): Promise<void>;
}

/** `open` and `close` begin and end listening; `close` resolves when the last connection has ended. */
export function portServer(
  server: Server,
  { open, close }: { open(host: string, port: number): Promise<unknown>; close(): Promise<unknown> },
): PortServer {
  server.maxConnections = connectionsMax;
  const waiting = watchSockets(server);
  return {
    listen: async (host, port) => {
      await open(host, port);
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    stop: async () => {
      const limit = setTimeout(() => server.closeAllConnections(), stopMsMax);
      // A connection that is kept alive becomes idle only when its open request has ended.
      const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
      try {
        const closed = close();
        for (const socket of waiting) socket.destroy();
        await closed;
      } finally {
        clearTimeout(limit);
        clearInterval(idle);
      }
    },
  };
}

/** Connections that have not sent the head of a request yet: Node.js does not count them as idle. */
function watchSockets(server: Server): ReadonlySet<Socket> {
  const waiting = new Set<Socket>();
  server.on('connection', (socket) => {
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
  });
  server.on('request', (request) => waiting.delete(request.socket));
  return waiting;
}
