import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { deployed, propertiesOf } from './stack-under-test.ts';

// As IVpc: with exactOptionalPropertyTypes the constructs themselves take no Vpc.
const vpcOf = (stack: Stack) => new Vpc(stack, 'Vpc', { natGateways: 1, maxAzs: 2 }) as IVpc;

describe('functions in a VPC', () => {
  const built = deployed((stack) => {
    const vpc = vpcOf(stack);
    const securityGroups = [new SecurityGroup(stack, 'Group', { vpc })];
    return { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }, securityGroups };
  });
  const functions = [...Object.values(built.drop.functions), built.drop.reconcile];

  test('stand in the subnets and security groups that are given', () => {
    for (const { function: fn } of functions) {
      const { SubnetIds, SecurityGroupIds } = propertiesOf(built, fn).VpcConfig;
      expect(SubnetIds).toHaveLength(2);
      expect(SecurityGroupIds).toHaveLength(1);
    }
  });

  test('may have network interfaces made for them, but not make any themselves', () => {
    for (const { role } of functions) {
      const { Policies, ManagedPolicyArns } = propertiesOf(built, role);
      expect(ManagedPolicyArns).toBeUndefined();
      const statements: { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown }[] =
        Policies[0].PolicyDocument.Statement.filter(({ Action }: { Action: string | string[] }) =>
          [Action].flat().some((action) => action.startsWith('ec2:')),
        );
      expect(statements.map(({ Effect, Resource }) => [Effect, Resource])).toEqual([
        ['Allow', '*'],
        ['Deny', '*'],
      ]);
      expect(statements[0]?.Action).toEqual(statements[1]?.Action);
      expect(statements[1]?.Condition).toEqual({ ArnLike: { 'lambda:SourceFunctionArn': expect.anything() } });
    }
  });
});

test('functions stand in no VPC unless one is given, and get no rights for it', () => {
  const built = deployed();
  for (const { function: fn, role } of [...Object.values(built.drop.functions), built.drop.reconcile]) {
    expect(propertiesOf(built, fn)).not.toHaveProperty('VpcConfig');
    expect(JSON.stringify(propertiesOf(built, role))).not.toContain('ec2:');
  }
});

test('the function on managed instances is where these do', () => {
  const built = deployed((stack) => {
    const vpc = vpcOf(stack);
    const securityGroups = [new SecurityGroup(stack, 'Group', { vpc })];
    return { vpc, managedInstances: { subnets: vpc.privateSubnets, securityGroups } };
  });
  const { streamUpload, createMetadata } = built.drop.functions;
  expect(propertiesOf(built, streamUpload.function)).not.toHaveProperty('VpcConfig');
  expect(propertiesOf(built, createMetadata.function)).toHaveProperty('VpcConfig');
});

test('subnets without a VPC are refused', () => {
  expect(() => deployed(() => ({ vpcSubnets: { subnetType: SubnetType.PUBLIC } }))).toThrow(
    'vpc is missing: vpcSubnets is given; say which VPC it belongs to.',
  );
});
