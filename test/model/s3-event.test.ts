import { describe, expect, test } from '@jest/globals';
import { objectEvents } from '../../lambda/model/s3-event.ts';

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

  test('without a time are refused', () => {
    const record = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key: 'k' } } };
    expect(() => objectEvents({ Records: [record] })).toThrow('has no eventTime');
  });
});
