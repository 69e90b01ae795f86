import { describe, expect, test } from '@jest/globals';
import { objectEvents, restoredObjects } from '../../lambda/model/s3-event.ts';
import { bitmapKey, copyKey } from '../../lambda/model/staging.ts';

const event = (object: object, eventName = 'ObjectCreated:Put') => ({
  Records: [{ eventName, eventTime: '2026-01-02T03:04:05.678Z', s3: { bucket: { name: 'drops' }, object } }],
});

describe('S3 events', () => {
  test('are read with their key decoded', () => {
    const object = { key: 'a+b%2B%25%26%C3%BC%F0%9F%98%80.img', versionId: 'v1', eTag: 'e', size: 7, later: 'field' };
    expect(objectEvents(event(object))).toEqual([
      {
        bucket: 'drops',
        key: 'a b+%&ü😀.img',
        versionId: 'v1',
        etag: 'e',
        size: 7,
        eventTime: new Date('2026-01-02T03:04:05.678Z'),
      },
    ]);
  });

  test('of a bucket without versions have none', () => {
    expect(objectEvents(event({ key: 'a' }))?.[0]).toEqual(
      expect.not.objectContaining({ versionId: expect.anything() }),
    );
  });

  test('of a bucket whose versioning is suspended have no version either', () => {
    expect(objectEvents(event({ key: 'a', versionId: 'null' }))?.[0]).not.toHaveProperty('versionId');
  });

  test('of other kinds give nothing', () => {
    expect(objectEvents(event({ key: 'a' }, 'ObjectRemoved:Delete'))).toEqual([]);
    expect(objectEvents({ Service: 'Amazon S3', Event: 's3:TestEvent' })).toEqual([]);
  });

  test('of a folder that a console has made give nothing', () => {
    expect(objectEvents(event({ key: 'linux/', size: 0 }))).toEqual([]);
    expect(objectEvents(event({ key: 'linux/', size: 1 }))).toHaveLength(1);
  });

  test('of a file that says something of images give nothing', () => {
    expect(objectEvents(event({ key: 'linux/imagedrop.yaml', size: 7 }))).toEqual([]);
    expect(objectEvents(event({ key: 'a+b.qcow2.yaml', size: 7 }))).toEqual([]);
    expect(objectEvents(event({ key: 'a.yaml.qcow2', size: 7 }))).toHaveLength(1);
  });

  test('of a copy that a service reads from the drop bucket give nothing', () => {
    const copy = copyKey('0d0a34b5-5a4c-5b6d-93a6-ef8e2c8a9f10', 'zvhd2');
    expect(objectEvents(event({ key: copy, size: 7 }))).toEqual([]);
    expect(objectEvents(event({ key: bitmapKey(copy), size: 7 }))).toEqual([]);
    expect(objectEvents(event({ key: 'imagedrop/ubuntu.qcow2', size: 7 }))).toHaveLength(1);
  });

  test('are distinguished from other messages', () => {
    expect(objectEvents({ record: 'a' })).toBeUndefined();
    expect(objectEvents('hello')).toBeUndefined();
    expect(objectEvents(null)).toBeUndefined();
  });

  test.each([
    ['no key', { size: 1 }],
    ['a key that is not encoded', { key: '100%' }],
  ])('with %s are refused', (_what, object) => {
    expect(() => objectEvents(event(object))).toThrow(expect.objectContaining({ code: 'bad-message' }));
  });

  test.each([
    ['a record without eventName', { Records: [{ EventSource: 'aws:sns', Sns: { Message: '{}' } }] }],
    ['a record that is not an object', { Records: [7] }],
  ])('with %s are refused, with what was seen', (_what, message) => {
    expect(() => objectEvents(message)).toThrow(
      expect.objectContaining({ code: 'bad-message', message: expect.stringContaining(JSON.stringify(message)) }),
    );
  });

  test('without a time are refused', () => {
    const record = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key: 'k' } } };
    expect(() => objectEvents({ Records: [record] })).toThrow('has no eventTime');
  });
});

/** Amazon SNS developer guide, "Amazon SNS message format": what a queue gets without raw delivery. */
const bySns = (message: unknown) => ({
  Type: 'Notification',
  MessageId: '3d1b0b63-8f6f-5a4c-9d0e-5c6f0d5f1f2a',
  TopicArn: 'arn:aws:sns:eu-west-1:123456789012:drops',
  Subject: 'Amazon S3 Notification',
  Message: typeof message === 'string' ? message : JSON.stringify(message),
  Timestamp: '2026-01-02T03:04:06.000Z',
});

/** Amazon S3 user guide, "EventBridge event message structure". */
const byEventBridge = (object: object, detailType = 'Object Created') => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': detailType,
  source: 'aws.s3',
  account: '123456789012',
  time: '2026-01-02T03:04:05Z',
  region: 'eu-west-1',
  resources: ['arn:aws:s3:::drops'],
  detail: { version: '0', bucket: { name: 'drops' }, object, reason: 'PutObject' },
});

describe('S3 events that come by way of SNS', () => {
  test('are read as those that come directly', () => {
    const direct = event({ key: 'a+b.img', versionId: 'v1', eTag: 'e', size: 7 });
    expect(objectEvents(bySns(direct))).toEqual(objectEvents(direct));
  });

  test('are ignored when they are the test event', () => {
    expect(objectEvents(bySns({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'drops' }))).toEqual([]);
  });

  test('are refused when they are not JSON', () => {
    expect(() => objectEvents(bySns('hello'))).toThrow(
      expect.objectContaining({ code: 'bad-message', message: expect.stringContaining('hello') }),
    );
  });

  test('are distinguished from other notifications', () => {
    expect(objectEvents(bySns({ hello: 'world' }))).toBeUndefined();
    expect(objectEvents({ ...bySns({}), Type: 'SubscriptionConfirmation' })).toBeUndefined();
  });
});

describe('S3 events that come by way of EventBridge', () => {
  test('are read with their key as it is', () => {
    const object = { key: 'a+b%20.img', 'version-id': 'v1', etag: 'e', size: 7, sequencer: '0061' };
    const read = {
      bucket: 'drops',
      key: 'a+b%20.img',
      versionId: 'v1',
      etag: 'e',
      size: 7,
      eventTime: new Date('2026-01-02T03:04:05Z'),
    };
    expect(objectEvents(byEventBridge(object))).toEqual([read]);
    expect(objectEvents(bySns(byEventBridge(object)))).toEqual([read]);
  });

  test('of other kinds, and of objects that are not drops, give nothing', () => {
    expect(objectEvents(byEventBridge({ key: 'a', size: 1 }, 'Object Deleted'))).toEqual([]);
    expect(objectEvents(byEventBridge({ key: 'imagedrop.yaml', size: 1 }))).toEqual([]);
  });

  test('of other services are distinguished', () => {
    expect(objectEvents({ ...byEventBridge({ key: 'a' }), source: 'aws.ec2' })).toBeUndefined();
  });

  test('are refused without a key', () => {
    expect(() => objectEvents(byEventBridge({ size: 1 }))).toThrow(expect.objectContaining({ code: 'bad-message' }));
  });
});

describe('the end of a restore', () => {
  const object = { key: 'a+b.img', versionId: 'v1', eTag: 'e', size: 7 };

  test('names the object that can be read again, and is not a new object', () => {
    const completed = event(object, 'ObjectRestore:Completed');
    expect(restoredObjects(completed)).toMatchObject([{ bucket: 'drops', key: 'a b.img', versionId: 'v1' }]);
    expect(objectEvents(completed)).toEqual([]);
    expect(restoredObjects(event(object))).toEqual([]);
  });

  test('is reported by EventBridge too', () => {
    const completed = byEventBridge({ key: 'a b.img', 'version-id': 'v1', etag: 'e' }, 'Object Restore Completed');
    expect(restoredObjects(completed)).toMatchObject([{ key: 'a b.img', versionId: 'v1' }]);
  });

  test('is not its beginning', () => {
    expect(restoredObjects(event(object, 'ObjectRestore:Post'))).toEqual([]);
    expect(restoredObjects({ record: 'a' })).toEqual([]);
  });
});
