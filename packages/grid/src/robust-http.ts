/** How a service's wire form meets an HTTP server, whichever that is. */

export interface RobustRequest {
  readonly method: string;
  /** Without the query; as the client sent it. */
  readonly path: string;
  /** What follows the question mark; empty when there is none. */
  readonly query: string;
  /** The whole body, already bounded by the server; empty when there is none. */
  readonly body: Uint8Array;
  /** Who asks, for reports: the name of a simulator, or an address. */
  readonly source: string;
  /** IP address of the client. */
  readonly address: string;
  /** Looks a header up by its name in lower case. */
  readonly header: (name: string) => string | undefined;
}

export interface RobustReply {
  readonly status: number;
  readonly contentType: string;
  /** Sent as it is, with its exact length as Content-Length: simulators take a reply without it for an empty one. */
  readonly body: Uint8Array;
  /** Beside Content-Type and Content-Length. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once the whole reply has been handed to the network; never when the client has gone away before. Must not throw. */
  readonly sent?: () => void;
}

/** Answers at once where it can, so that a reply from memory costs no turn of the event loop. */
export type RobustHandler = (request: RobustRequest) => RobustReply | Promise<RobustReply>;

/**
 * What answers, by the first part of the path: `xinventory` for `/xinventory` and all below it. Where a service takes
 * every path that begins with a text (`/map-1-1000-1000-objects.jpg`), its key ends in `*`: `map-*`.
 */
export type RobustRoutes = ReadonlyMap<string, RobustHandler>;

const nothing = new Uint8Array(0);

export function emptyReply(status: number, contentType = 'text/plain'): RobustReply {
  return { status, contentType, body: nothing };
}

/** A path in parts, without empty ones: simulators with a slash too many in their configuration send `//assets/…`. */
export function pathParts(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}
