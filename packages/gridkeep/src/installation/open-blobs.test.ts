import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError } from '../configuration/setting-rules.ts';
import { parseBlobsUrl } from './open-blobs.ts';

const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'hunter2' };

test('a bucket with everything said in the address', () => {
  assert.deepEqual(
    parseBlobsUrl(
      's3://k%2Bey:s%2Fecret@worlds/a/b/?endpoint=https://s3.example.org&region=eu&policy=remote',
      {},
    ),
    {
      bucket: 'worlds',
      prefix: 'a/b/',
      endpoint: 'https://s3.example.org',
      region: 'eu',
      accessKeyId: 'k+ey',
      secretAccessKey: 's/ecret',
      policy: 'remote',
    },
  );
});

test('a bucket alone, keys from the environment', () => {
  assert.deepEqual(parseBlobsUrl('s3://worlds', keys), {
    bucket: 'worlds',
    prefix: '',
    accessKeyId: 'id',
    secretAccessKey: 'hunter2',
    policy: 'local',
  });
});

for (const [url, environment, rule] of [
  ['s3://worlds', {}, /a key is needed/],
  ['s3://worlds?zone=eu', keys, /unknown parameter zone/],
  ['s3://worlds?endpoint=nowhere', keys, /endpoint/],
  ['s3://worlds?endpoint=ftp://x', keys, /endpoint/],
  ['s3://worlds?policy=never', keys, /policy/],
  ['s3://k:%E0%A4%A@worlds', {}, /not readable/],
] as const)
  test(`refused: ${url}`, () => {
    assert.throws(
      () => parseBlobsUrl(url, environment),
      (error: unknown) =>
        error instanceof ConfigurationError && rule.test(error.message) && !error.message.includes('hunter2'),
    );
  });
