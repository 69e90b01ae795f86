import { expect, test } from '@jest/globals';
import { keyVerdict, versioningVerdict } from '../../bin/doctor/stack-checks.ts';

test.each([
  ['true', 'Enabled', 'ok', 'enabled: each drop is a version of its object'],
  [
    'true',
    'Suspended',
    'ok',
    'suspended: a drop that is replaced before its upload is lost, and its record superseded',
  ],
  ['true', undefined, 'ok', 'off: a drop that is replaced before its upload is lost, and its record superseded'],
  ['false', undefined, 'ok', 'off: a drop that is replaced before its upload is lost, and its record superseded'],
  [
    'false',
    'Enabled',
    'failed',
    'it is enabled, but the stack has `versioned: false`: the functions may not read versions',
  ],
  [
    'false',
    'Suspended',
    'failed',
    'it is suspended, but the stack has `versioned: false`: the functions may not read versions',
  ],
] as const)('of a stack with versioned %s, the versioning %s is %s', (setting, status, outcome, detail) => {
  const verdict = versioningVerdict(setting, status);
  expect(verdict).toMatchObject({ outcome, detail });
  expect(verdict.nextStep).toBe(
    outcome === 'failed' ? 'Set `versioned: true` of `existingDropBucket`, then deploy the stack again.' : undefined,
  );
});

const GRANTED = 'arn:aws:kms:eu-west-1:123456789012:key/granted,arn:aws:kms:eu-west-1:123456789012:key/secret';

test.each([
  ['none of their own', undefined, 'ok'],
  ['a key that AWS manages', 'arn:aws:kms:eu-west-1:123456789012:alias/aws/s3', 'ok'],
  ['a key that the functions may use', 'arn:aws:kms:eu-west-1:123456789012:key/granted', 'ok'],
  ['the id of such a key', 'granted', 'ok'],
  ['another key', 'arn:aws:kms:eu-west-1:123456789012:key/other', 'failed'],
  ['a key whose id only ends alike', 'ranted', 'failed'],
] as const)('a drop bucket that is encrypted with %s is %s', (_which, key, outcome) => {
  const verdict = keyVerdict('drop bucket', key, GRANTED);
  expect(verdict.outcome).toBe(outcome);
  if (outcome !== 'failed') return;
  expect(verdict.detail).toContain(`no kms:Decrypt on key ${key}`);
  expect(verdict.nextStep).toContain('existingDropBucket.keyArn');
});

test('a key of the secret that is not granted has a setting of its own', () => {
  expect(keyVerdict('secret', 'other', 'none').nextStep).toContain('cloudsYamlKeyArn');
});
