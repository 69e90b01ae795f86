import { describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ImageDropStack, type ImageDropStackProps } from '../../lib/image-drop-stack.ts';
import { appUnderTest } from './stack-under-test.ts';

const TARGETS = { mycloud: { kind: 'glance' } } as const;
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/k';
const ALARMS = 'arn:aws:sns:eu-west-1:123456789012:alarms';
const STAGING = { bucket: 'images', endpoint: 'https://obs.ap-southeast-1.myhuaweicloud.com' };
/** The longest that AWS CloudFormation takes, and the longest name of a target. */
const LONG_STACK = 'S'.repeat(128);
const LONG_TARGETS = Array.from({ length: 6 }, (_, i) => [`${'t'.repeat(63)}${i}`, { kind: 'glance' }] as const);

type Props = Partial<ImageDropStackProps>;
type PropsOf = (scope: Stack) => Props;

function stackOf(propsOf: PropsOf, name = 'ImageDrop', app = appUnderTest()): ImageDropStack {
  const given = {
    targets: TARGETS,
    cloudsYamlSecret: 'imagedrop/clouds.yaml',
    ...propsOf(new Stack(app, `${name}-Given`)),
  };
  return new ImageDropStack(app, name, given);
}

const vpcOf = (scope: Stack) =>
  Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] });

const VARIANTS: readonly (readonly [string, PropsOf, string?])[] = [
  ['by default', () => ({})],
  ['with IMS and its staging', () => ({ targets: { huawei: { kind: 'ims', staging: STAGING } } })],
  [
    'on managed instances',
    (scope) => ({
      managedInstances: {
        subnets: [Subnet.fromSubnetId(scope, 'Subnet', 'subnet-1')],
        securityGroups: [SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-1')],
      },
    }),
  ],
  [
    'with an existing bucket, its versioning suspended',
    () => ({ dropBucketByName: { name: 'theirs', versioned: true } }),
  ],
  [
    'with keys of the user everywhere',
    () => ({
      encryptionKeyArn: KEY,
      cloudsYamlKeyArn: KEY,
      alarmTopicArn: ALARMS,
      alarmTopicKeyArn: KEY,
      dropBucketByName: { name: 'theirs', versioned: true, keyArn: KEY },
    }),
  ],
  [
    'in a VPC',
    (scope) => ({ vpc: vpcOf(scope), securityGroups: [SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-1')] }),
  ],
  ['with many targets of long names', () => ({ targets: Object.fromEntries(LONG_TARGETS) }), LONG_STACK],
  ['with traces, tags and days', () => ({ tracing: true, tags: { team: 'images' }, terminationProtection: true })],
];

describe.each(VARIANTS)('a stack %s', (_which, propsOf, name) => {
  const stack = stackOf(propsOf, name);

  test('gives no finding of cdk-nag', () => {
    const { violations } = new AwsSolutionsChecks(stack).validateScope(stack);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });

  test('names no partition of its own', () => {
    const template = JSON.stringify(Template.fromStack(stack).toJSON()).replaceAll(KEY, '').replaceAll(ALARMS, '');
    expect(template).not.toMatch(/arn:aws[:-]/);
  });
});

describe('the operator of an account', () => {
  test('has tags on all that can have tags', () => {
    const { Resources } = Template.fromStack(stackOf(() => ({ tags: { team: 'images' } }))).toJSON();
    const tagged = ['Bucket', 'Queue', 'Topic', 'Function', 'Role', 'LogGroup', 'Alarm', 'EventSourceMapping'];
    const found = Object.values(Resources as Record<string, { Type: string; Properties?: { Tags?: unknown } }>)
      .filter(({ Type }) => tagged.includes(Type.split('::')[2] ?? ''))
      .filter(({ Properties: { Tags = '' } = {} }) => !JSON.stringify(Tags).includes('"Key":"team","Value":"images"'))
      .map(({ Type }) => Type);
    expect(found).toEqual([]);
  });

  test('protects the stack from being deleted where that is asked for', () => {
    expect(stackOf(() => ({ terminationProtection: true })).terminationProtection).toBe(true);
  });

  test('has traces of every function where that is asked for, and of none otherwise', () => {
    const tracing = (props: Props) =>
      Object.values(Template.fromStack(stackOf(() => props)).findResources('AWS::Lambda::Function')).map(
        ({ Properties }) => Properties.TracingConfig?.Mode,
      );
    expect(new Set(tracing({ tracing: true }))).toEqual(new Set(['Active']));
    expect(new Set(tracing({}))).toEqual(new Set([undefined]));
  });

  test('may deploy several stacks, whose metrics and alarms do not mix', () => {
    const namespaces = ['ImageDrop', 'Drops-2'].map((name) => {
      const alarms = Template.fromStack(stackOf(() => ({}), name)).findResources('AWS::CloudWatch::Alarm');
      const own = Object.values(alarms).map(({ Properties }) => String(Properties.Namespace));
      return new Set(own.filter((namespace) => !namespace.startsWith('AWS/')));
    });
    expect(namespaces).toEqual([new Set(['ImageDrop']), new Set(['ImageDrop/Drops-2'])]);
  });

  test('names nothing that two stacks of one account would share', () => {
    const { Resources } = Template.fromStack(stackOf(() => ({}))).toJSON();
    const named = Object.values(Resources as Record<string, { Properties?: object }>).flatMap(({ Properties = {} }) =>
      Object.keys(Properties).filter((key) =>
        /^(Bucket|Queue|Topic|Function|Role|LogGroup|Alarm|Dashboard)Name$/.test(key),
      ),
    );
    // A mapping names its function by reference.
    expect(named.filter((key) => key !== 'FunctionName')).toEqual([]);
  });

  test.each(['cn-north-1', 'us-gov-west-1'])('finds the ARNs of its own partition in %s', (region) => {
    const stack = stackOf(() => ({ env: { region, account: '123456789012' } }));
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('arn:aws:');
  });
});
