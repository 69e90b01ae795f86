import { Aws, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

/**
 * What AWS Lambda needs of a function's role to put it into a VPC (developer guide, "Giving Lambda functions access to
 * resources in an Amazon VPC": IAM permissions). Amazon EC2 knows no resource to restrict these actions to.
 */
const ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** The service may do it, by the role; the function's own code, which has the role as well, may not (as above). */
export function networkStatements(): PolicyStatement[] {
  const functions = `arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:function:*`;
  return [
    new PolicyStatement({ actions: ACTIONS, resources: ['*'] }),
    new PolicyStatement({
      effect: Effect.DENY,
      actions: ACTIONS,
      resources: ['*'],
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': functions } },
    }),
  ];
}

export function acknowledgeNetwork(role: Role): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'AWS Lambda makes network interfaces by these actions, which know no resource; the code of the function is denied them.',
  });
}
