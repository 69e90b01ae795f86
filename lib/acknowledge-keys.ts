import { Stack, Validations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { AnyBucket } from './buckets.ts';

/** Tells cdk-nag why a role reaches every object of a bucket. A wildcard of any other kind stays a finding. */
export function acknowledgeAllKeys(role: Role, bucket: AnyBucket): void {
  const resource = findingName(Stack.of(role).resolve(bucket.arnForObjects('*')));
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${resource}]`,
    reason: 'The wildcard stands for the objects of this one bucket: nobody knows the keys of drops beforehand.',
  });
}

/** cdk-nag writes a reference as `<Name>` or `<Name.Attribute>` (its README, "Acknowledging a specific finding"). */
function findingName(arn: unknown): string {
  if (isIntrinsic(arn, 'Ref')) return `<${arn.Ref}>`;
  if (isIntrinsic(arn, 'Fn::GetAtt')) return `<${[arn['Fn::GetAtt']].flat().join('.')}>`;
  if (isIntrinsic(arn, 'Fn::Join')) return [arn['Fn::Join']].flat(2).map(findingName).join('');
  return String(arn);
}

function isIntrinsic<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return typeof value === 'object' && value !== null && name in value;
}
