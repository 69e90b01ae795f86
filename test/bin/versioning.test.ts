import { expect, test } from '@jest/globals';
import { versioningVerdict } from '../../bin/doctor/stack-checks.ts';

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
