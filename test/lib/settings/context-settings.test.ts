import { describe, expect, test } from '@jest/globals';
import { contextSettings } from '../../../lib/settings/context-settings.ts';
import { appWith } from '../stack-under-test.ts';

const settingsOf = (context: Record<string, unknown>) => contextSettings(appWith(context).node);

const TARGETS = { mycloud: { kind: 'glance' } };

describe('the context of the app', () => {
  test('needs targets and has defaults for the rest', () => {
    expect(settingsOf({ targets: TARGETS })).toEqual({
      stackName: 'ImageDrop',
      targets: TARGETS,
      cloudsYamlSecret: 'imagedrop/clouds.yaml',
    });
  });

  test('takes targets as the text of the command line', () => {
    const given = { targets: JSON.stringify(TARGETS), stackName: 'Drops-2', cloudsYamlSecret: 'team/clouds' };
    expect(settingsOf(given)).toEqual({ stackName: 'Drops-2', targets: TARGETS, cloudsYamlSecret: 'team/clouds' });
  });

  test('says how what got lost is looked for', () => {
    const given = { everyMinutes: 1, lostAfterSeconds: 20, deleteOrphanedImages: true };
    for (const reconcile of [given, JSON.stringify(given)]) {
      const settings = settingsOf({ targets: TARGETS, reconcile }).reconcile;
      expect(settings?.every?.toSeconds()).toBe(60);
      expect(settings?.lostAfter?.toSeconds()).toBe(20);
      expect(settings?.deleteOrphanedImages).toBe(true);
    }
  });

  test('says whether drops are tagged', () => {
    for (const tagDrops of [false, 'false']) {
      expect(settingsOf({ targets: TARGETS, tagDrops }).tagDrops).toBe(false);
    }
  });

  test('says how many invocations run at a time, and how many are reserved', () => {
    const stage = { maxConcurrency: 2, reservedConcurrency: 3 };
    const streamUpload = { reservedConcurrency: 8 };
    const given = {
      maxConcurrentUploads: 4,
      createMetadata: stage,
      unpackImage: stage,
      recordStatus: stage,
      streamUpload,
    };
    const asText = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, JSON.stringify(value)]));
    for (const context of [given, asText]) expect(settingsOf({ targets: TARGETS, ...context })).toMatchObject(given);
  });

  test('says what an operator wants of the whole stack', () => {
    const given = { tags: { team: 'images' }, terminationProtection: true, tracing: true };
    const asText = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, JSON.stringify(value)]));
    for (const context of [given, asText]) expect(settingsOf({ targets: TARGETS, ...context })).toMatchObject(given);
  });

  test('says when settled drops are deleted', () => {
    for (const expireSettledAfterDays of [30, '30']) {
      expect(settingsOf({ targets: TARGETS, expireSettledAfterDays }).expireSettledAfter?.toDays()).toBe(30);
    }
  });

  test('says which key signs receipts', () => {
    const given = { arn: 'arn:aws:kms:eu-west-1:123456789012:key/k', algorithm: 'RSASSA_PSS_SHA_256' };
    for (const receiptKey of [given, JSON.stringify(given)]) {
      expect(settingsOf({ targets: TARGETS, receiptKey }).receiptKeyByArn).toEqual(given);
    }
  });

  test('says which existing bucket drops come from, and by which way its events', () => {
    const given = { name: 'theirs', versioned: true, eventBridge: true };
    for (const existingDropBucket of [given, JSON.stringify(given)]) {
      expect(settingsOf({ targets: TARGETS, existingDropBucket }).dropBucketByName).toEqual(given);
    }
    const byTopic = { name: 'theirs', versioned: false, eventTopicArn: 'arn:aws:sns:eu-west-1:123456789012:drops' };
    expect(settingsOf({ targets: TARGETS, existingDropBucket: byTopic }).dropBucketByName).toEqual(byTopic);
  });

  test('names keys and the topic of alarms by their ARNs', () => {
    const key = 'arn:aws-cn:kms:cn-north-1:123456789012:key/0a1b';
    const topic = 'arn:aws:sns:eu-west-1:123456789012:alarms';
    const given = { encryptionKeyArn: key, cloudsYamlKeyArn: key, alarmTopicArn: topic, alarmTopicKeyArn: key };
    expect(settingsOf({ targets: TARGETS, ...given })).toMatchObject(given);
    const bucket = { name: 'theirs', versioned: true, keyArn: key };
    expect(settingsOf({ targets: TARGETS, existingDropBucket: bucket }).dropBucketByName).toEqual(bucket);
  });

  test('says who is written to', () => {
    const given = { addresses: ['a@example.com'], statuses: ['active'] };
    for (const outcomeEmails of [given, JSON.stringify(given)]) {
      expect(settingsOf({ targets: TARGETS, outcomeEmails }).outcomeEmails).toEqual(given);
    }
    const { addresses } = given;
    expect(settingsOf({ targets: TARGETS, outcomeEmails: { addresses } }).outcomeEmails).toEqual({ addresses });
  });

  test.each([
    ['one address', { targets: TARGETS, outcomeEmails: { addresses: 'a@example.com' } }, 'give a list of texts'],
    ['no addresses', { targets: TARGETS, outcomeEmails: {} }, 'outcomeEmails.addresses is missing'],
    ['e-mails of another kind', { targets: TARGETS, outcomeEmails: { to: [] } }, 'outcomeEmails.to is []'],
    ['the alias of a key', { targets: TARGETS, receiptKey: { arn: 'alias/k' } }, 'receiptKey.arn is "alias/k"'],
    ['tags of another kind', { targets: TARGETS, tagDrops: 'no' }, 'tagDrops is "no"'],
    [
      'a bucket without a name',
      { targets: TARGETS, existingDropBucket: { versioned: true } },
      'existingDropBucket.name',
    ],
    [
      'a bucket without versioned',
      { targets: TARGETS, existingDropBucket: { name: 'theirs' } },
      'existingDropBucket.versioned',
    ],
    [
      'a topic that is not an ARN',
      { targets: TARGETS, existingDropBucket: { name: 'theirs', versioned: true, eventTopicArn: 'drops' } },
      'give the ARN of a topic',
    ],
    ['reconcile of another kind', { targets: TARGETS, reconcile: { often: true } }, 'reconcile.often is true'],
    ['a pause that is no number', { targets: TARGETS, reconcile: { everyMinutes: '1' } }, 'reconcile.everyMinutes'],
    ['a concurrency of another kind', { targets: TARGETS, recordStatus: { memory: 1 } }, 'recordStatus.memory is 1'],
    ['a concurrency in words', { targets: TARGETS, maxConcurrentUploads: '"two"' }, 'maxConcurrentUploads is "two"'],
    [
      'an alias for a key',
      { targets: TARGETS, cloudsYamlKeyArn: 'alias/mine' },
      'cloudsYamlKeyArn is "alias/mine": give the ARN of a key',
    ],
    ['a tag that is no text', { targets: TARGETS, tags: { team: 1 } }, 'tags.team is 1: give a text'],
    ['yes for true', { targets: TARGETS, reconcile: { deleteOrphanedImages: 'yes' } }, 'give true or false'],
    [
      'no targets',
      {},
      `targets is missing: name your clouds in cdk.json, or -c targets='{"mycloud":{"kind":"glance"}}'.`,
    ],
    ['targets that are no JSON', { targets: 'mycloud' }, 'targets is "mycloud": this is not JSON (SyntaxError: '],
    ['targets that are a list', { targets: '[]' }, 'targets is []: give an object of named values.'],
    [
      'the ARN of a secret',
      { targets: TARGETS, cloudsYamlSecret: 'arn:aws:secretsmanager:eu-west-1:1:secret:a' },
      'give the name of a secret in AWS Secrets Manager, not its ARN.',
    ],
    [
      'a stack name with a space',
      { targets: TARGETS, stackName: 'My Drops' },
      'stackName is "My Drops": give the name of a stack',
    ],
    ['a stack name that is a number', { targets: TARGETS, stackName: 7 }, 'stackName is 7: give the name of a stack'],
  ])('refuses %s', (_case, context, message) => {
    expect(() => settingsOf(context)).toThrow(
      expect.objectContaining({ name: 'SettingError', message: expect.stringContaining(message) }),
    );
  });
});
