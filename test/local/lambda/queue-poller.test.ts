import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { fn, mapping, queue, role } from '../assembly-fixture.ts';
import { eventually, startFixture } from '../stack-fixture.ts';
import { logged, nothingLeft, RETRIED_SOON, startCase } from './lambda-case.ts';

describe('a message', () => {
  test('reaches its function in the form of Lambda, and is deleted when that is done', async () => {
    const { send } = await startCase({
      handler: 'export const handler = (event) => console.log(JSON.stringify(event))',
    });
    await send('In', 'hello');
    await eventually(() => logged('Records').length === 1);
    const { Records } = JSON.parse(String(logged('Records')[0]?.replace('Fixture-Fn: ', '')));
    expect(Records).toEqual([
      {
        messageId: expect.any(String),
        receiptHandle: expect.any(String),
        body: 'hello',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {},
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Fixture-In',
        awsRegion: 'us-east-1',
      },
    ]);
    await nothingLeft();
  });

  test('whose function throws comes again, and goes to the dead-letter queue in the end', async () => {
    const { send, receive } = await startCase({
      handler: 'export const handler = () => { throw new TypeError("no good") }',
      ...RETRIED_SOON,
    });
    await send('In', 'bad');
    expect((await receive('Dead'))?.Body).toBe('bad');
    expect(logged(/ERROR\tInvoke Error.*"errorType":"TypeError","errorMessage":"no good"/)).toHaveLength(2);
  });

  test('carries its attributes to the function', async () => {
    const { sqs, stack, lines } = await startCase({
      handler: 'export const handler = ({ Records }) => console.log(JSON.stringify(Records[0].messageAttributes))',
    });
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'image' } };
    const Entries = [{ Id: 'a', MessageBody: 'x', MessageAttributes }];
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.outputs.In, Entries }));
    const expected = '{"stringValue":"image","stringListValues":[],"binaryListValues":[],"dataType":"String"}';
    await eventually(() => lines.some((line) => line.includes(`{"kind":${expected}}`)));
  });
});

describe('of a batch', () => {
  const batch = async (reports: boolean) => {
    const running = await startCase({
      ...RETRIED_SOON,
      handler: `export const handler = ({ Records }) => {
        console.log('batch of ' + Records.length);
        const bad = Records.filter(({ body }) => body === 'bad');
        return { batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) };
      }`,
      mapping: { BatchSize: 10, FunctionResponseTypes: reports ? ['ReportBatchItemFailures'] : [] },
    });
    // A start that takes longer than the messages are invisible would bring them twice.
    await running.stack.invoke('Fn', { Records: [] });
    const Entries = ['good', 'bad'].map((body) => ({ Id: body, MessageBody: body }));
    await running.sqs.send(new SendMessageBatchCommand({ QueueUrl: running.stack.outputs.In, Entries }));
    await eventually(() => logged('batch of 2').length === 1);
    return running;
  };

  test('the messages that are reported come again, the others do not', async () => {
    const { receive } = await batch(true);
    expect((await receive('Dead'))?.Body).toBe('bad');
    await nothingLeft();
    expect(await receive('Dead', 0)).toBeUndefined();
  });

  test('none comes again when the mapping takes no reports', async () => {
    await batch(false);
    await nothingLeft();
    expect(logged('batch of 2')).toHaveLength(1);
  });

  test('the messages come together that arrive within its window', async () => {
    const { send } = await startCase({
      handler: `export const handler = ({ Records }) => console.log('batch of ' + Records.length)`,
      mapping: { BatchSize: 3, MaximumBatchingWindowInSeconds: 60 },
      queue: { VisibilityTimeout: 90 },
    });
    for (const body of ['a', 'b', 'c']) await send('In', body);
    await eventually(() => logged('batch of 3').length === 1);
  });
});

test('a mapping whose role may not read the queue is refused at the start', async () => {
  const started = startFixture({
    template: { Resources: { In: queue(), Role: role(), Fn: fn('code', 'Role'), Mapping: mapping('In', 'Fn') } },
    bundles: { code: '' },
  });
  await expect(started).rejects.toThrow('Role does not allow sqs:ReceiveMessage on arn:aws:sqs');
});

test('a queue whose messages come again before the function is killed is refused at the start', async () => {
  const refused = startCase({ handler: '', properties: { Timeout: 31 }, queue: { VisibilityTimeout: 30 } });
  await expect(refused).rejects.toThrow(/Fixture-In \(30 s\) is shorter than the time-out of Fn \(31 s\)/);
});
