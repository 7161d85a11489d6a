/** Finds what answers a path by its first part, or by how that begins. */
import type { RobustHandler, RobustRoutes } from '@gridkeep/grid/robust-http';

export class RouteFinder {
  readonly #exact = new Map<string, RobustHandler>();
  readonly #prefixes: (readonly [prefix: string, handler: RobustHandler])[] = [];

  constructor(routes: RobustRoutes) {
    for (const [key, handler] of routes)
      if (key.endsWith('*')) this.#prefixes.push([key.slice(0, -1), handler]);
      else this.#exact.set(key, handler);
    // Of two that match, the longer one means it.
    this.#prefixes.sort(([one], [other]) => other.length - one.length);
  }

  find(path: string): RobustHandler | undefined {
    const end = path.indexOf('/', 1);
    const part = end < 0 ? path.slice(1) : path.slice(1, end);
    return this.#exact.get(part) ?? this.#prefixes.find(([prefix]) => part.startsWith(prefix))?.[1];
  }
}
