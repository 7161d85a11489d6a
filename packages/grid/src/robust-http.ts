/** How a service's wire form meets an HTTP server, whichever that is. */

export interface RobustRequest {
  readonly method: string;
  /** Without the query; as the client sent it. */
  readonly path: string;
  /** The whole body, already bounded by the server; empty when there is none. */
  readonly body: Uint8Array;
  /** Who asks, for reports: the name of a simulator, or an address. */
  readonly source: string;
}

export interface RobustReply {
  readonly status: number;
  readonly contentType: string;
  /** Sent as it is, with its exact length as Content-Length: simulators take a reply without it for an empty one. */
  readonly body: Uint8Array;
}

/** Answers at once where it can, so that a reply from memory costs no turn of the event loop. */
export type RobustHandler = (request: RobustRequest) => RobustReply | Promise<RobustReply>;

const nothing = new Uint8Array(0);

export function emptyReply(status: number, contentType = 'text/plain'): RobustReply {
  return { status, contentType, body: nothing };
}

/** A path in parts, without empty ones: simulators with a slash too many in their configuration send `//assets/…`. */
export function pathParts(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}
