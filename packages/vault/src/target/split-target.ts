/** Two places as one target: packs of data on a cold one, what every operation needs on a hot one. */
import type { Target } from './target.ts';

export function splitTarget(hot: Target, cold: Target): Target {
  throw new Error(`not yet: ${hot.description} ${cold.description}`);
}
