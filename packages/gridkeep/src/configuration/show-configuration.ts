import type { Configuration } from './configuration.ts';

/** The configuration with secrets masked: fit for logs and reports. */
export function showConfiguration(configuration: Configuration): Configuration {
  const { databaseUrl, blobsUrl } = configuration;
  return {
    ...configuration,
    ...(databaseUrl === undefined ? {} : { databaseUrl: maskUrl(databaseUrl) }),
    ...(blobsUrl === undefined ? {} : { blobsUrl: maskUrl(blobsUrl) }),
  };
}

/** Keeps host, path and harmless parameters; user, password and everything that may be a key become ***. */
export function maskUrl(text: string): string {
  const url = new URL(text);
  if (url.username !== '') url.username = '***';
  if (url.password !== '') url.password = '***';
  for (const name of [...url.searchParams.keys()])
    if (!harmlessParameters.has(name.toLowerCase())) url.searchParams.set(name, '***');
  return url.toString();
}

const harmlessParameters: ReadonlySet<string> = new Set([
  'endpoint',
  'region',
  'prefix',
  'sslmode',
  'application_name',
]);
