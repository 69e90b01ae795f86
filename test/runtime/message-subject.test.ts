import { expect, test } from '@jest/globals';
import { messageSubject } from '../../lambda/runtime/sqs-handler.ts';

const event = (key: string) => ({
  eventName: 'ObjectCreated:Put',
  eventTime: '2026-01-02T03:04:05Z',
  s3: { bucket: { name: 'drops' }, object: { key, versionId: 'v1', eTag: 'e', size: 1 } },
});

test.each([
  ['a record', { record: 'a/v1/here.json' }, { record: 'a/v1/here.json' }],
  ['a dropped object', { Records: [event('a.img')] }, { bucket: 'drops', key: 'a.img', dropId: 'v1' }],
  ['several dropped objects', { Records: [event('a.img'), event('b.img')] }, {}],
  ['nothing that is known', { Records: [{ eventName: 'ObjectCreated:Put' }] }, {}],
  ['nothing', null, {}],
])('a message about %s', (_what, message, subject) => {
  expect(messageSubject(JSON.stringify(message))).toEqual(subject);
});

test('a message that is not JSON is about nothing', () => {
  expect(messageSubject('{')).toEqual({});
});
