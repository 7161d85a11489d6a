/** JSON objects as simulators and grids write them. */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { JsonObject, JsonValue } from './public-calls.ts';

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Members that have their type's default (false, 0, '', the zero UUID, undefined) left out, as simulators write maps. */
export function withoutDefaults(members: JsonObject): JsonObject {
  const kept = Object.entries(members).filter(
    ([, value]) => ![false, 0, '', zeroUuid, undefined].some((standard) => standard === value),
  );
  return Object.fromEntries(kept);
}
