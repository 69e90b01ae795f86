import { describe, expect, test } from '@jest/globals';
import { failedMessages } from '../../../local/lambda/sqs-event.ts';

const messages = ['a', 'b'].map((MessageId) => ({ MessageId, ReceiptHandle: 'handle', Body: '', MD5OfBody: '' }));
const failed = (result: unknown) => failedMessages(messages, result).map(({ MessageId }) => MessageId);

describe('the report of a batch', () => {
  test.each([null, {}, { batchItemFailures: null }, { batchItemFailures: [] }])(
    '%j says that all is done',
    (result) => {
      expect(failed(result)).toEqual([]);
    },
  );

  test('names the messages that failed', () => {
    expect(failed({ batchItemFailures: [{ itemIdentifier: 'b' }] })).toEqual(['b']);
  });

  test.each([
    { batchItemFailures: 'all' },
    { batchItemFailures: [{}] },
    { batchItemFailures: [null] },
    { batchItemFailures: [{ itemIdentifier: '' }] },
    { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'of another batch' }] },
  ])('%j cannot be read, so that all count as failed', (result) => {
    expect(failed(result)).toEqual(['a', 'b']);
  });
});
