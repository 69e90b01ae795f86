import { describe, expect, test } from '@jest/globals';
import type { Principal } from '../../../local/access/access.ts';
import { Iam } from '../../../local/access/iam.ts';

const BUCKET = 'arn:aws:s3:::drops';

function iamWith(...Statement: object[]): { iam: Iam; holder: Principal } {
  const policies = [{ document: { Statement }, where: 'its policy' }];
  const iam = new Iam([{ logicalId: 'Role', name: 'role', arn: 'arn', policies }], 'a secret');
  const holder = iam.role('Role');
  if (holder === undefined) throw new Error('The role has no holder');
  return { iam, holder };
}

const allow = (Action: unknown, Resource: unknown) => ({ Effect: 'Allow', Action, Resource });

describe('a role', () => {
  test.each([
    ['s3:GetObject', `${BUCKET}/*`, 's3:GetObject', `${BUCKET}/a/b`, true],
    ['s3:getobject', `${BUCKET}/*`, 's3:GetObject', `${BUCKET}/a`, true],
    ['s3:Get*', '*', 's3:GetObjectTagging', `${BUCKET}/a`, true],
    ['s3:GetObject', `${BUCKET}/*`, 's3:GetObject', BUCKET, false],
    ['s3:GetObject', `${BUCKET}/*`, 's3:GetObjectTagging', `${BUCKET}/a`, false],
    ['s3:GetObject', `${BUCKET}/A`, 's3:GetObject', `${BUCKET}/a`, false],
    ['s3:GetObject', `${BUCKET}/v1.0`, 's3:GetObject', `${BUCKET}/v1x0`, false],
    ['s3:GetObject', `${BUCKET}/a-??`, 's3:GetObject', `${BUCKET}/a-12`, true],
    ['s3:GetObject', `${BUCKET}/a-??`, 's3:GetObject', `${BUCKET}/a-123`, false],
  ])('with %s on %s: %s on %s is %p', (action, resource, asked, on, expected) => {
    const { iam, holder } = iamWith(allow(action, resource));
    expect(iam.allows(holder, asked, on)).toBe(expected);
  });

  test('is refused what any statement denies', () => {
    const { iam, holder } = iamWith(allow('s3:*', '*'), { Effect: 'Deny', Action: 's3:Delete*', Resource: '*' });
    expect(iam.allows(holder, 's3:DeleteObject', `${BUCKET}/a`)).toBe(false);
    expect(iam.allows(holder, 's3:GetObject', `${BUCKET}/a`)).toBe(true);
  });

  test.each(['Condition', 'NotAction', 'NotResource'])('with %s is refused at the start', (element) => {
    expect(() => iamWith({ ...allow('s3:*', '*'), [element]: ['x'] })).toThrow(new RegExp(`its policy.*${element}`));
  });
});

test('the operator may do everything, and it counts for no role', () => {
  const { iam } = iamWith(allow('s3:GetObject', '*'));
  expect(iam.allows(iam.operator, 'sqs:PurgeQueue', 'arn:aws:sqs:us-east-1:000000000000:q')).toBe(true);
  expect(iam.usage().used).toEqual([]);
});

test('access keys name their holder and stay the same for one secret', () => {
  const { iam, holder } = iamWith();
  expect(iam.principal(holder.accessKeyId)).toBe(holder);
  expect(iam.principal('AKIAUNKNOWN')).toBeUndefined();
  expect(iamWith().holder).toEqual(holder);
  expect(new Iam([], 'another secret').operator).not.toEqual(iam.operator);
});

test('the report tells grants that were used from those that were not, and what was refused', () => {
  const { iam, holder } = iamWith(allow(['s3:GetObject', 's3:PutObject'], [`${BUCKET}/*`]));
  iam.allows(holder, 's3:GetObject', `${BUCKET}/a`);
  iam.allows(holder, 's3:DeleteObject', `${BUCKET}/a`);
  const grant = (action: string, resource = `${BUCKET}/*`) => ({ role: 'Role', action, resource });
  expect(iam.usage()).toEqual({
    granted: [grant('s3:GetObject'), grant('s3:PutObject')],
    used: [grant('s3:GetObject')],
    unused: [grant('s3:PutObject')],
    denied: [grant('s3:DeleteObject', `${BUCKET}/a`)],
  });
});
