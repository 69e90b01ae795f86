import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAssembly } from '../../../local/template/assembly.ts';
import { readPlan } from '../../../local/template/plan.ts';
import {
  arnOf,
  type Fixture,
  fn,
  mapping,
  queue,
  role,
  STACK_NAME,
  temporaryFolder,
  writeAssembly,
} from '../assembly-fixture.ts';

const GATE = 'http://127.0.0.1:4566';
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function plan(template: Fixture) {
  const assembly = await readAssembly(await writeAssembly(folder.path, template, { aaa: '' }), STACK_NAME);
  return readPlan(assembly, { stackName: STACK_NAME, gateUrl: GATE });
}

async function output(Value: unknown, rest: Partial<Fixture> = {}) {
  const { outputs } = await plan({ Resources: {}, ...rest, Outputs: { It: { Value } } });
  return outputs.It;
}

describe('intrinsic functions', () => {
  test.each([
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':', { Ref: 'AWS::AccountId' }]] }, 'arn:aws:000000000000'],
    [{ 'Fn::Sub': `\${AWS::StackName}.\${AWS::URLSuffix} and \${!Kept}` }, `Fixture.amazonaws.com and \${Kept}`],
    [{ 'Fn::Sub': [`\${A}-\${Q.QueueName}`, { A: { Ref: 'AWS::Region' } }] }, 'us-east-1-Fixture-Q'],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    [{ 'Fn::If': ['Yes', 'yes', 'no'] }, 'yes'],
    [{ 'Fn::If': ['No', 'yes', 'no'] }, 'no'],
    [{ Ref: 'Size' }, '12'],
  ])('%j is %j', async (value, expected) => {
    const found = await output(value, {
      Resources: { Q: queue() },
      Parameters: { Size: { Default: 12 } },
      Conditions: {
        Yes: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
        No: { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ Condition: 'Yes' }] }] },
      },
    });
    expect(found).toBe(expected);
  });

  test.each([
    [{ 'Fn::ImportValue': 'Other' }, /imports "Other" from another stack/],
    [{ 'Fn::FindInMap': ['a', 'b', 'c'] }, /the output It uses Fn::FindInMap/],
    [{ Ref: 'Missing' }, /has no resource Missing/],
    [{ 'Fn::GetAtt': ['Q', 'Colour'] }, /does not know the attribute Q.Colour/],
    ['{{resolve:ssm:name}}', /dynamic reference/],
    [{ Ref: 'NoDefault' }, /The parameter NoDefault has no default/],
  ])('%j is refused with its place', async (value, message) => {
    const refused = output(value, { Resources: { Q: queue() }, Parameters: { NoDefault: {} } });
    await expect(refused).rejects.toThrow(message);
  });

  test('AWS::NoValue takes a property away', async () => {
    const { queues } = await plan({ Resources: { Q: queue({ QueueName: { Ref: 'AWS::NoValue' } }) } });
    expect(queues[0]?.name).toBe('Fixture-Q');
  });
});

describe('names', () => {
  const Long = 'L'.repeat(100);

  test('a queue is called by its URL at the gate', async () => {
    expect(await output({ Ref: 'Q' }, { Resources: { Q: queue() } })).toBe(`${GATE}/000000000000/Fixture-Q`);
  });

  test('a bucket has a legal name', async () => {
    const Resources = { [Long]: { Type: 'AWS::S3::Bucket' } };
    expect(await output({ Ref: Long }, { Resources })).toMatch(/^[a-z0-9-]{63}$/);
  });

  test('two long logical ids do not get one name', async () => {
    const Resources = { [`${Long}A`]: queue(), [`${Long}B`]: queue() };
    const { queues } = await plan({ Resources });
    expect(new Set(queues.map(({ name }) => name)).size).toBe(2);
    for (const { name } of queues) expect(name.length).toBeLessThanOrEqual(80);
  });
});

describe('resources', () => {
  test('of an unknown type are refused by logical id and type', async () => {
    const refused = plan({ Resources: { Table: { Type: 'AWS::DynamoDB::Table' } } });
    await expect(refused).rejects.toThrow('Table is of the type AWS::DynamoDB::Table');
  });

  test('whose condition is false are not there', async () => {
    const { queues } = await plan({
      Resources: { Q: { ...queue(), Condition: 'Never' } },
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
    });
    expect(queues).toEqual([]);
  });

  test.each([
    [{ Status: 'Enabled' }, { versioned: true }],
    [{ Status: 'Suspended' }, { versioned: true, suspended: true }],
    [undefined, { versioned: false }],
  ])('a bucket with the versioning %j is %j', async (VersioningConfiguration, expected) => {
    const Properties = VersioningConfiguration && { VersioningConfiguration };
    const { buckets } = await plan({ Resources: { B: { Type: 'AWS::S3::Bucket', Properties } } });
    expect(buckets).toEqual([expect.objectContaining(expected)]);
  });

  test('a bucket tells a queue what arrives under a prefix', async () => {
    const Filter = { S3Key: { Rules: [{ Name: 'prefix', Value: 'in/' }] } };
    const QueueConfigurations = [{ Event: 's3:ObjectCreated:*', Queue: arnOf('Q'), Filter }];
    const Properties = {
      VersioningConfiguration: { Status: 'Enabled' },
      NotificationConfiguration: { QueueConfigurations },
    };
    const { buckets } = await plan({ Resources: { Q: queue(), B: { Type: 'AWS::S3::Bucket', Properties } } });
    const queueArn = 'arn:aws:sqs:us-east-1:000000000000:Fixture-Q';
    expect(buckets).toEqual([
      {
        name: 'fixture-b',
        versioned: true,
        notifications: [{ events: ['s3:ObjectCreated:*'], queueArn, prefix: 'in/' }],
        cors: [],
      },
    ]);
  });

  test('a bucket says which pages may send to it', async () => {
    const rule = { AllowedOrigins: ['http://127.0.0.1:*'], AllowedMethods: ['PUT'], MaxAge: 60 };
    const Properties = { CorsConfiguration: { CorsRules: [rule] } };
    const { buckets } = await plan({ Resources: { B: { Type: 'AWS::S3::Bucket', Properties } } });
    expect(buckets[0]?.cors).toEqual([
      { origins: ['http://127.0.0.1:*'], methods: ['PUT'], headers: [], exposedHeaders: [], maxAgeSeconds: 60 },
    ]);
  });

  test('a queue has the attributes of CreateQueue, documents as text', async () => {
    const RedrivePolicy = { deadLetterTargetArn: arnOf('Dead'), maxReceiveCount: 3 };
    const { queues } = await plan({ Resources: { Q: queue({ VisibilityTimeout: 60, RedrivePolicy }), Dead: queue() } });
    expect(queues[0]?.attributes).toEqual({
      VisibilityTimeout: '60',
      RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:Fixture-Dead","maxReceiveCount":3}',
    });
  });

  test('a function has the defaults of Lambda and a mapping those of queues', async () => {
    const { functions, mappings } = await plan({
      Resources: { Q: queue(), R: role(), F: fn('aaa', 'R', { Timeout: undefined }), M: mapping('Q', 'F') },
    });
    expect(functions[0]).toMatchObject({ timeoutSeconds: 3, memorySize: 128, logGroupName: '/aws/lambda/Fixture-F' });
    expect(mappings[0]).toMatchObject({ batchSize: 10, batchingWindowSeconds: 0, reportBatchItemFailures: false });
  });

  test.each([
    ['another language', fn('aaa', 'R', { Runtime: 'python3.13' }), /python3.13/],
    ['layers', fn('aaa', 'R', { Layers: ['arn'] }), /F \(AWS::Lambda::Function\) has Layers/],
    ['an asset that is not there', fn('bbb', 'R'), /no folder for bbb.zip/],
    ['a time-out that is no number', fn('aaa', 'R', { Timeout: 'long' }), /Timeout is "long", not a number/],
  ])('a function with %s is refused', async (_what, F, message) => {
    await expect(plan({ Resources: { R: role(), F } })).rejects.toThrow(message);
  });

  test.each([
    ['rate(5 minutes)', 300],
    ['rate(1 hour)', 3600],
  ])('a schedule of %s fires every %d seconds', async (ScheduleExpression, seconds) => {
    const Properties = { ScheduleExpression, Targets: [{ Arn: arnOf('Q') }] };
    const { schedules } = await plan({ Resources: { Q: queue(), S: { Type: 'AWS::Events::Rule', Properties } } });
    expect(schedules[0]?.everySeconds).toBe(seconds);
  });

  test('a schedule that is not a rate is refused', async () => {
    const Properties = { ScheduleExpression: 'cron(0 12 * * ? *)', Target: { Arn: arnOf('Q') } };
    const refused = plan({ Resources: { Q: queue(), S: { Type: 'AWS::Scheduler::Schedule', Properties } } });
    await expect(refused).rejects.toThrow(/runs at cron\(0 12 \* \* \? \*\)/);
  });
});

test('a folder without a stack is refused by the path', async () => {
  await expect(readAssembly(folder.path, 'Nothing')).rejects.toThrow(/Nothing.template.json cannot be read/);
});
