import { describe, expect, test } from '@jest/globals';
import type { Context, SQSEvent } from 'aws-lambda';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { Invocation } from '../../lambda/model/invocation.ts';
import { sqsHandler } from '../../lambda/runtime/sqs-handler.ts';

const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 } as Context;

const event = (...bodies: string[]) =>
  ({
    Records: bodies.map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: `r${index}`,
      body,
      attributes: { ApproximateReceiveCount: '3', SentTimestamp: '1767323045000' },
    })),
  }) as SQSEvent;

function handlerOf(work: (message: unknown, invocation: Invocation) => Promise<void>) {
  const held: [string, number][] = [];
  const logged: string[] = [];
  const handler = sqsHandler({
    work,
    holdMessage: async (receipt, seconds) => {
      if (receipt === 'r9') throw new Error('no such receipt');
      held.push([receipt, seconds]);
    },
    signal: () => new AbortController().signal,
    log: { error: (message) => void logged.push(message) },
    random: () => 1,
  });
  return { handler, held, logged };
}

describe('the handler of a queue', () => {
  test('keeps only the messages that failed, and brings them back after a pause', async () => {
    const { handler, held } = handlerOf(async (message) => {
      if (message === 2) throw new ImageDropError('endpoint-unavailable', 'Down.');
    });
    expect(await handler(event('1', '2', '3'), context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(held).toEqual([['r1', 8]]);
  });

  test.each([
    ['as long as it was asked to', new ImageDropError('endpoint-busy', 'Busy.', { retryAfterSeconds: 100 }), 100],
    ['hardly, when waiting mends nothing', new ImageDropError('bad-message', 'What?'), 1],
    ['not at all, when the environment is told to stop', new ImageDropError('shutting-down', 'Stop.'), 0],
    ['as usual, for an error that nobody foresaw', new TypeError('boom'), 8],
  ])('waits %s', async (_how, error, seconds) => {
    const { handler, held } = handlerOf(() => Promise.reject(error));
    await handler(event('1'), context);
    expect(held).toEqual([['r0', seconds]]);
  });

  test('keeps a message that is not JSON', async () => {
    const { handler, logged } = handlerOf(async () => {});
    expect(await handler(event('{'), context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    expect(logged).toEqual(['message failed']);
  });

  test('still reports the failure when the message cannot be held back', async () => {
    const { handler, logged } = handlerOf(() => Promise.reject(new Error('boom')));
    const failing = event(...Array.from({ length: 10 }, () => '1'));
    expect((await handler(failing, context)).batchItemFailures).toHaveLength(10);
    expect(logged).toContain('message could not be held back');
  });

  test('gives each message a name of its own and a way to hold it', async () => {
    const ids: string[] = [];
    const { handler, held } = handlerOf(async (_message, delivery) => {
      ids.push(delivery.id);
      await delivery.holdMessage(60);
    });
    await handler(event('1', '2'), context);
    expect(ids).toEqual(['request/m0', 'request/m1']);
    expect(held).toEqual([
      ['r0', 60],
      ['r1', 60],
    ]);
  });
});
