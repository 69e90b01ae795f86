import { describe, expect, test } from '@jest/globals';
import { Duration, type Stack } from 'aws-cdk-lib';
import { SecurityGroup, Subnet } from 'aws-cdk-lib/aws-ec2';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { ManagedInstancesProps } from '../../lib/settings/managed-instances-props.ts';
import type { StageProps } from '../../lib/settings/stage-props.ts';
import { deployed, propertiesOf } from './stack-under-test.ts';

const instancesIn = (stack: Stack): ManagedInstancesProps => ({
  subnets: ['a', 'b', 'c'].map((zone) =>
    Subnet.fromSubnetAttributes(stack, `Subnet-${zone}`, { subnetId: `subnet-${zone}`, routeTableId: `rtb-${zone}` }),
  ),
  securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')],
});

const withInstances = (streamUpload?: StageProps, more: object = {}) =>
  deployed((stack) => ({
    managedInstances: { ...instancesIn(stack), ...more },
    ...(streamUpload && { streamUpload }),
  }));

describe('managed instances', () => {
  test('are not there unless they are asked for', () => {
    const { template } = deployed();
    template.resourceCountIs('AWS::Lambda::CapacityProvider', 0);
  });

  test('run stream-upload for 90 minutes, one upload in each process, and no other function', () => {
    const built = withInstances();
    built.template.resourceCountIs('AWS::Lambda::CapacityProvider', 1);
    const { streamUpload, createMetadata, recordStatus } = built.drop.functions;
    expect(propertiesOf(built, streamUpload.function)).toMatchObject({
      Timeout: 5400,
      MemorySize: 2048,
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: { PerExecutionEnvironmentMaxConcurrency: 1 },
      },
    });
    for (const other of [createMetadata, recordStatus]) {
      expect(propertiesOf(built, other.function)).not.toHaveProperty('CapacityProviderConfig');
    }
  });

  test('stand in the subnets that are given, on processors that the bundle is made for', () => {
    const built = withInstances(undefined, { maxVCpuCount: 24 });
    built.template.hasResourceProperties('AWS::Lambda::CapacityProvider', {
      VpcConfig: { SubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'], SecurityGroupIds: ['sg-1'] },
      InstanceRequirements: { Architectures: ['arm64'] },
      CapacityProviderScalingConfig: { MaxVCpuCount: 24 },
    });
  });

  test.each([
    [10, { MinExecutionEnvironments: 3, MaxExecutionEnvironments: 10 }],
    [2, { MinExecutionEnvironments: 2, MaxExecutionEnvironments: 2 }],
  ])('have environments for %s uploads, and the event source starts no more', (maxConcurrentUploads, scaling) => {
    const built = deployed((stack) => ({ managedInstances: instancesIn(stack), maxConcurrentUploads }));
    const { function: fn } = built.drop.functions.streamUpload;
    expect(propertiesOf(built, fn).FunctionScalingConfig).toEqual(scaling);
    built.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: built.stack.resolve(built.drop.queues.upload.queue.queueArn),
      ScalingConfig: { MaximumConcurrency: maxConcurrentUploads },
    });
  });

  test('let larger images be streamed, and messages wait for as long', () => {
    const built = withInstances();
    const { TARGETS } = propertiesOf(built, built.drop.functions.createMetadata.function).Environment.Variables;
    expect(JSON.parse(TARGETS)).toMatchObject([{ maxStreamBytes: 6 * 32 * 2 ** 30 }]);
    expect(propertiesOf(built, built.drop.queues.upload.queue)).toMatchObject({ VisibilityTimeout: 5430 });
  });

  test('are another function than that without them, which could never leave them', () => {
    const idOf = (built: ReturnType<typeof deployed>) => built.drop.functions.streamUpload.function.node.id;
    expect(idOf(withInstances())).not.toBe(idOf(deployed()));
  });

  test.each([
    ['no subnet', () => withInstances(undefined, { subnets: [] }), 'managedInstances.subnets'],
    ['no security group', () => withInstances(undefined, { securityGroups: [] }), 'managedInstances.securityGroups'],
    ['too little memory', () => withInstances({ memorySize: 1769 }), 'streamUpload.memorySize is 1769'],
    [
      'fewer vCPUs than uploads need',
      () => withInstances({ memorySize: 4096 }, { maxVCpuCount: 12 }),
      'managedInstances.maxVCpuCount is 12: it is enough for 6 of 10 uploads',
    ],
    [
      'reserved concurrency',
      () => withInstances({ reservedConcurrency: 20 }),
      'streamUpload.reservedConcurrency is 20',
    ],
    ['more than 90 minutes', () => withInstances({ timeout: Duration.seconds(5401) }), 'streamUpload.timeout is 5401'],
    ['90 minutes without them', () => deployed(() => ({ streamUpload: { timeout: Duration.seconds(5400) } })), '5400'],
  ])('are refused with %s', (_case, make, words) => {
    expect(make).toThrow(words);
  });

  test('give no finding of cdk-nag', () => {
    const { stack } = withInstances();
    const found = new AwsSolutionsChecks(stack).validateScope(stack).violations.map(({ ruleName }) => ruleName);
    expect(found).toEqual([]);
  });
});
