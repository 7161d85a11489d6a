/** How a test tells another process where its database is. */
import type { DatabaseLocation } from '../open-database.ts';

export function parseLocation(text: string): DatabaseLocation {
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null && 'dialect' in value) {
    if (value.dialect === 'sqlite' && 'file' in value && typeof value.file === 'string')
      return { dialect: 'sqlite', file: value.file };
    if (
      value.dialect === 'postgres' &&
      'url' in value &&
      typeof value.url === 'string' &&
      'schema' in value &&
      typeof value.schema === 'string'
    )
      return { dialect: 'postgres', url: value.url, schema: value.schema };
  }
  throw new Error(`not the place of a database: ${text}`);
}
