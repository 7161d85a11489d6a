import { startCeph, type CephGateway } from '@gridkeep/testing/ceph';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ShelfError } from './pack-shelf.ts';
import { openS3PackStore } from './s3-pack-store.ts';
import type { S3Place } from '../s3/s3-client.ts';
import { openS3Shelf } from './s3-shelf.ts';
import { contractPackBytes, contractStreamBytes, describeBlobStore } from './test-support/contract.ts';
import { describeShelf } from './test-support/shelf-contract.ts';

const skip = missing('ceph');
const bucket = 'gridkeep';

describe('S3', { skip }, () => {
  let gateway: CephGateway | undefined;
  let prefixes = 0;

  /** Every test has its own prefix in the one bucket. */
  function place(): S3Place {
    assert.ok(gateway !== undefined);
    prefixes += 1;
    const { endpoint, accessKeyId, secretAccessKey } = gateway;
    return { endpoint, accessKeyId, secretAccessKey, bucket, prefix: `test-${prefixes}/` };
  }

  before(async () => {
    gateway = await startCeph();
    const { endpoint, accessKeyId, secretAccessKey } = gateway;
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  });

  after(() => gateway?.stop());

  describeShelf('shelf in a bucket', false, async (context) => {
    const shelf = await openS3Shelf(place());
    context.after(() => shelf.close());
    return shelf;
  });

  for (const policy of ['local', 'remote'] as const) {
    describeBlobStore(`PackStore in a bucket, policy ${policy}`, false, async (context) => {
      const s3 = place();
      const folder = await temporaryFolder(context);
      const sizes = {
        packBytesMax: contractPackBytes,
        streamBufferBytesMax: contractStreamBytes,
        localBytesMax: 100_000,
      };
      return {
        open: () => openS3PackStore({ folder, s3, policy, gatherMs: 5, refreshMsMin: 200, ...sizes }),
      };
    });
  }

  test('wrong credentials are a permanent failure', async () => {
    const shelf = await openS3Shelf({ ...place(), secretAccessKey: 'wrong' });
    await assert.rejects(
      shelf.read('0'.repeat(32), 0, 10),
      (error) => error instanceof ShelfError && error.failure === 'permanent',
    );
    shelf.close();
  });
});
