import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { MAX_ATTEMPTS } from '../../../lambda/steps/under-lease.ts';
import type { ImageDropProps } from '../../../lib/settings/props.ts';
import { STEP_ATTEMPTS } from '../../../lib/settings/resolve-stage.ts';
import { settle } from '../../../lib/settings/settings.ts';

const NEEDED: ImageDropProps = { targets: { mycloud: { kind: 'glance' } }, cloudsYaml: {} as ISecret };
const settled = (props: Partial<ImageDropProps> = {}) => settle({ ...NEEDED, ...props });

const EXISTING = { bucket: {} as IBucket, versioned: true };

describe('the settings', () => {
  test.each([
    ['createMetadata', { memorySize: 512, timeout: 60, visibility: 360, age: 3600, batchSize: 5, maxConcurrency: 10 }],
    ['streamUpload', { memorySize: 1769, timeout: 900, visibility: 930, age: 21600, batchSize: 1, maxConcurrency: 10 }],
    ['recordStatus', { memorySize: 256, timeout: 60, visibility: 360, age: 3600, batchSize: 10, maxConcurrency: 10 }],
  ] as const)('%s has its defaults', (name, defaults) => {
    const stage = settled()[name];
    expect({
      memorySize: stage.memorySize,
      timeout: stage.timeout.toSeconds(),
      visibility: stage.visibilityTimeout.toSeconds(),
      age: stage.oldestMessageAge.toSeconds(),
      batchSize: stage.batchSize,
      maxConcurrency: stage.maxConcurrency,
    }).toEqual(defaults);
    expect(stage.maxReceiveCount).toBe(30);
  });

  test('logs are kept for a month, from INFO on', () => {
    expect(settled()).toMatchObject({ logRetention: RetentionDays.ONE_MONTH, logLevel: 'INFO' });
  });

  test("the caller's values win", () => {
    const { streamUpload, logLevel, logRetention } = settled({
      maxConcurrentUploads: 3,
      logLevel: 'DEBUG',
      logRetention: RetentionDays.ONE_WEEK,
      streamUpload: {
        memorySize: 3008,
        timeout: Duration.minutes(10),
        visibilityTimeout: Duration.minutes(20),
        maxReceiveCount: 100,
        oldestMessageAge: Duration.days(1),
      },
    });
    expect(streamUpload).toMatchObject({ memorySize: 3008, maxReceiveCount: 100, maxConcurrency: 3 });
    expect(streamUpload.timeout.toSeconds()).toBe(600);
    expect(streamUpload.visibilityTimeout.toSeconds()).toBe(1200);
    expect(streamUpload.oldestMessageAge.toSeconds()).toBe(86400);
    expect({ logLevel, logRetention }).toEqual({ logLevel: 'DEBUG', logRetention: RetentionDays.ONE_WEEK });
  });

  test('the visibility timeout follows the timeout', () => {
    const { createMetadata, streamUpload } = settled({
      createMetadata: { timeout: Duration.seconds(100) },
      streamUpload: { timeout: Duration.seconds(100) },
    });
    expect(createMetadata.visibilityTimeout.toSeconds()).toBe(600);
    expect(streamUpload.visibilityTimeout.toSeconds()).toBe(130);
  });

  test('the redrive knows how often a step tries', () => {
    expect(STEP_ATTEMPTS).toBe(MAX_ATTEMPTS);
  });

  const refused: [string, Partial<Record<keyof ImageDropProps, unknown>>, string][] = [
    ['a missing secret', { cloudsYaml: undefined }, 'cloudsYaml is missing: give the secret that holds clouds.yaml'],
    [
      'a visibility below the timeout',
      { createMetadata: { timeout: Duration.seconds(60), visibilityTimeout: Duration.seconds(59) } },
      'createMetadata.visibilityTimeout is "59 s": a second invocation would process the message while the first still works; give at least the timeout, 60 s.',
    ],
    [
      'a visibility above 12 hours',
      { streamUpload: { visibilityTimeout: Duration.hours(13) } },
      'streamUpload.visibilityTimeout is 46800: give a whole number from 1 to 43200',
    ],
    [
      'a timeout above 900 s',
      { streamUpload: { timeout: Duration.minutes(16) } },
      'streamUpload.timeout is 960: give a whole number from 1 to 900 (seconds, the range of AWS Lambda).',
    ],
    [
      'a timeout of half a second',
      { recordStatus: { timeout: Duration.millis(500) } },
      'recordStatus.timeout is 0.5: give a whole number from 1 to 900',
    ],
    [
      'too little memory',
      { recordStatus: { memorySize: 64 } },
      'recordStatus.memorySize is 64: give a whole number from 128 to 10240 (MiB',
    ],
    [
      'a redrive before the step gives up',
      { streamUpload: { maxReceiveCount: 12 } },
      'streamUpload.maxReceiveCount is 12: give a whole number from 13 to 1000 (receipts, more than the 12 attempts',
    ],
    [
      'an alarm on every message',
      { createMetadata: { oldestMessageAge: Duration.seconds(0) } },
      'createMetadata.oldestMessageAge is 0: give a whole number from 60',
    ],
    [
      'one upload at a time',
      { maxConcurrentUploads: 1 },
      'maxConcurrentUploads is 1: give a whole number from 2 to 1000',
    ],
    [
      'an unknown algorithm',
      { receiptKey: { key: undefined, algorithm: 'ED25519' } },
      'receiptKey.algorithm is "ED25519": use one of ECDSA_SHA_256',
    ],
    ['an unknown log level', { logLevel: 'TRACE' }, 'logLevel is "TRACE": no level has this name; use one of DEBUG'],
    [
      'a name for a bucket that exists',
      { dropBucketName: 'drops', existingDropBucket: EXISTING },
      'dropBucketName is "drops": existingDropBucket is given too',
    ],
  ];
  test.each(refused)('refuses %s', (_case, props, message) => {
    expect(() => settled(props as Partial<ImageDropProps>)).toThrow(
      expect.objectContaining({ name: 'SettingError', message: expect.stringContaining(message) }),
    );
  });
});
