import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  createMetadataEnvironment,
  publisherKeysOf,
  recordStatusEnvironment,
  streamUploadEnvironment,
  targetsOf,
  unpackImageEnvironment,
} from '../../lambda/runtime/environment.ts';

const variables = {
  TARGETS: '[{"name":"a","kind":"glance"}]',
  CLOUDS_YAML_SECRET: 'secret',
  STATUS_BUCKET: 'status',
  INGEST_QUEUE_URL: 'ingest',
  DROP_BUCKET: 'drops',
  UNPACK_QUEUE_URL: 'unpack',
  WORK_BUCKET: 'work',
  MAX_UNPACKED_BYTES: '1000',
  UPLOAD_QUEUE_URL: 'upload',
  STATUS_QUEUE_URL: 'status',
  OUTCOME_TOPIC_ARN: 'topic',
  TAG_DROPS: 'false',
  MARK_SETTLED: 'false',
  IMAGEDROP_VERSION: '1.2.3',
};

describe('the environment', () => {
  test('is read for each function', () => {
    expect(createMetadataEnvironment(variables)).toMatchObject({ UPLOAD_QUEUE_URL: 'upload' });
    expect(unpackImageEnvironment(variables)).toMatchObject({ MAX_UNPACKED_BYTES: '1000', WORK_BUCKET: 'work' });
    expect(streamUploadEnvironment(variables)).toMatchObject({ INGEST_QUEUE_URL: 'ingest' });
    expect(recordStatusEnvironment(variables)).toMatchObject({ OUTCOME_TOPIC_ARN: 'topic', TAG_DROPS: 'false' });
  });

  test('names the file with the keys of publishers where there are any', () => {
    expect(publisherKeysOf(createMetadataEnvironment(variables))).toBeUndefined();
    const folder = mkdtempSync(join(tmpdir(), 'imagedrop-keys-'));
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ 'keys/a.asc': 'a2V5' }));
    const given = { ...variables, PUBLISHER_KEYS_FILE: 'keys.json', LAMBDA_TASK_ROOT: folder };
    expect(publisherKeysOf(createMetadataEnvironment(given))).toEqual([
      { name: 'keys/a.asc', bytes: Buffer.from('key') },
    ]);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['missing', { ...variables, STATUS_BUCKET: undefined }, 'The environment variable STATUS_BUCKET is not set.'],
    ['empty', { ...variables, STATUS_BUCKET: ' ' }, 'The environment variable STATUS_BUCKET is empty.'],
  ])('names a variable that is %s', (_what, given, message) => {
    expect(() => createMetadataEnvironment(given)).toThrow(expect.objectContaining({ code: 'bad-setting', message }));
  });

  test('names the algorithm that a key of receipts lacks', () => {
    const RECEIPT_KEY_ARN = 'arn';
    const signed = { RECEIPT_KEY_ARN, RECEIPT_ALGORITHM: 'ECDSA_SHA_256' };
    expect(recordStatusEnvironment({ ...variables, ...signed })).toMatchObject(signed);
    expect(() => recordStatusEnvironment({ ...variables, RECEIPT_KEY_ARN })).toThrow(
      /^The environment variable RECEIPT_ALG/,
    );
  });

  test.each(['{', '{}', '[]', '[{"name":"a","kind":"nova"}]', '[{"kind":"ims"}]'])(
    'refuses the targets %s',
    (TARGETS) => {
      expect(() => targetsOf(createMetadataEnvironment({ ...variables, TARGETS }))).toThrow(
        /^The environment variable TARGETS /,
      );
    },
  );

  test('gives the targets', () => {
    expect(targetsOf(createMetadataEnvironment(variables))).toEqual([{ name: 'a', kind: 'glance' }]);
  });
});
