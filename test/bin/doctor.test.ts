import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../bin/doctor/finding.ts';
import { clockVerdict } from '../../bin/doctor/stack-checks.ts';
import { type Simulator, startSimulator } from '../../local/simulator/simulator.ts';
import { CommandLine } from './support/command-line.ts';
import { type StackAtHand, stackAtHand } from './support/stack-at-hand.ts';

/** The findings by their check; a check that was made twice has the last one. */
const byCheck = (findings: readonly Finding[]): Record<string, Finding> =>
  Object.fromEntries(findings.map((finding) => [finding.check, finding]));

describe('imagedrop doctor of a stack', () => {
  let hand: StackAtHand;
  beforeAll(async () => {
    hand = await stackAtHand({ targets: { simulator: { kind: 'glance' }, 'simulator-ims': { kind: 'ims' } } });
  });
  afterAll(() => hand?.close());

  test('finds nothing wrong with one that works, and leaves nothing behind', async () => {
    const { code, out } = await hand.user.run('doctor');
    expect(out).toMatch(/^The stack on this machine\n {2}ok +credentials +access key/);
    expect(out).toMatch(/^ {2}ok +dropping +an upload was begun and given up$/m);
    expect(out).toMatch(/^simulator \(glance\)\n {2}ok +clouds\.yaml +password at http/m);
    expect(out).toMatch(/^ {2}ok +import +glance-direct, web-download/m);
    expect(out).toMatch(/^simulator-ims \(ims\)$/m);
    expect(out.match(/^ {2}ok +creating images +an image without data was made and deleted$/gm)).toHaveLength(2);
    expect(out).not.toMatch(/failed|warning/);
    expect(code).toBe(0);
    expect(await hand.pipeline.images()).toEqual([]);
    expect(await hand.pipeline.images('ims')).toEqual([]);
  });

  test('makes nothing with --read-only', async () => {
    const { document } = await hand.user.json('doctor', '--read-only');
    expect(byCheck(document)).toMatchObject({
      dropping: { outcome: 'skipped', detail: '--read-only' },
      'creating images': { outcome: 'skipped' },
      login: { outcome: 'ok' },
    });
  });

  test('tells of a target without room, of dead letters, and of a reconcile that does not run', async () => {
    const { pipeline, user } = hand;
    const put = (Key: string, document: object) =>
      pipeline.s3.send(
        new PutObjectCommand({ Bucket: pipeline.output('StatusBucketName'), Key, Body: JSON.stringify(document) }),
      );
    const since = '2026-01-02T03:04:05.000Z';
    const pause = { holds: 'all', code: 'store-full', message: 'The store is full.', since, until: since, times: 3 };
    await put('targets/simulator.json', { target: 'simulator', ...pause });
    const lastRun = { startedAt: '2026-01-02T03:04:05.000Z', seconds: 1, counts: {}, findings: [] };
    await put('reconcile.json', { schema: 1, takesUpSince: since, pass: {}, seenUpTo: since, lastRun });
    await pipeline.send('UploadDeadLetterQueueUrl', { record: 'a/1/simulator.json' });
    const { code, document } = await user.json('doctor', '--read-only');
    const rooms = document.filter(({ check }: Finding) => check === 'room');
    expect(rooms).toMatchObject([
      {
        outcome: 'failed',
        detail: expect.stringContaining('The store is full. (store-full)'),
        nextStep: expect.stringContaining('Make room'),
      },
      { outcome: 'ok' },
    ]);
    expect(byCheck(document)).toMatchObject({
      queues: { outcome: 'warning', detail: '0 messages wait, 1 were given up', nextStep: expect.any(String) },
      reconcile: { outcome: 'warning', detail: expect.stringMatching(/^it ran \d+ d ago$/) },
    });
    expect(code).toBe(1);
  });

  test('goes no further without rights, and says what to do', async () => {
    await hand.publish({ AWS_SECRET_ACCESS_KEY: 'wrong' });
    const { code, document } = await hand.user.json('doctor');
    expect(byCheck(document)).toMatchObject({
      clock: { outcome: 'ok' },
      'drop bucket': { outcome: 'failed', nextStep: expect.stringContaining('AWS credentials') },
      dropping: { outcome: 'failed', nextStep: expect.stringContaining('AWS_SECRET_ACCESS_KEY') },
      records: { outcome: 'failed' },
      queues: { outcome: 'warning' },
    });
    expect(code).toBe(1);
  });
});

describe('imagedrop doctor --os-cloud', () => {
  let user: CommandLine;
  let cloud: Simulator;
  beforeAll(async () => {
    user = await CommandLine.open();
    const limits = { imageCountTotal: 10, imageSizeTotalMiB: 0 };
    const glance = { diskFormats: ['ami', 'aki'], importMethods: [], limits };
    cloud = await startSimulator({ folder: join(user.folder, 'cloud'), glance });
    await user.file('clouds.yaml', cloud.cloudsYaml());
  });
  afterAll(async () => {
    await cloud?.close();
    await user?.close();
  });

  const doctor = async (...args: string[]) => {
    const { code, document } = await user.json('doctor', ...args);
    return { code, checks: byCheck(document) };
  };

  test('looks at a cloud alone: formats, import, quotas', async () => {
    const { code, checks } = await doctor('--os-cloud', 'simulator', '--read-only');
    expect(checks).toMatchObject({
      login: { area: 'simulator (glance)', outcome: 'ok' },
      endpoint: { outcome: 'ok', detail: expect.stringContaining('/image/v2') },
      formats: { outcome: 'failed', detail: 'it takes ami, aki' },
      import: { outcome: 'ok', detail: expect.stringContaining('without web-download') },
      'quota image_count_total': { outcome: 'ok', detail: '0 of 10 used' },
      'quota image_size_total': { outcome: 'failed', nextStep: expect.stringContaining('Delete images') },
    });
    expect(code).toBe(1);
  });

  test('says so where the password is wrong', async () => {
    const text = await readFile(join(user.folder, 'clouds.yaml'), 'utf8');
    await user.file('clouds.yaml', text.replaceAll('uploader-password', 'wrong'));
    const { code, checks } = await doctor('--os-cloud', 'simulator');
    await user.file('clouds.yaml', text);
    expect(checks.login).toMatchObject({
      outcome: 'failed',
      nextStep: expect.stringContaining('Correct user, password'),
    });
    expect(checks).not.toHaveProperty('endpoint');
    expect(code).toBe(1);
  });

  test('says so when nothing answers', async () => {
    const text = await readFile(join(user.folder, 'clouds.yaml'), 'utf8');
    await user.file('clouds.yaml', text.replaceAll(new URL(cloud.authUrl).host, '127.0.0.1:9'));
    const { checks } = await doctor('--os-cloud', 'simulator');
    await user.file('clouds.yaml', text);
    expect(checks).toMatchObject({
      reach: { outcome: 'failed' },
      clock: { outcome: 'skipped' },
      login: { outcome: 'failed' },
    });
  });

  test.each([
    [['--os-cloud', 'nowhere'], 'There is no cloud nowhere'],
    [['--os-cloud', 'simulator', '--kind', 'nova'], '--kind is one of glance, ims, not nova.'],
    [['simulator'], "Unexpected argument 'simulator'"],
  ])('doctor %j is wrong use', async (args, message) => {
    expect(await user.run('doctor', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

test.each([
  [0, 'ok', "as S3's"],
  [30, 'ok', "30 s ahead of S3's"],
  [-90, 'warning', "90 s behind S3's"],
  [1000, 'failed', "1000 s ahead of S3's: signed requests are refused"],
])('a clock that is off by %i s is %s', (seconds, outcome, detail) => {
  const server = new Date('2026-01-02T03:04:05Z');
  const now = new Date(server.getTime() + seconds * 1000);
  expect(clockVerdict(server.toUTCString(), now, 'S3')).toMatchObject({ outcome, detail });
});

test('imagedrop doctor checks this machine where there is no stack, and says how to get one', async () => {
  const user = await CommandLine.open();
  try {
    await user.file('clouds.yaml', 'clouds: { mycloud: {} }');
    const { code, document } = await user.json('doctor');
    expect(byCheck(document)).toMatchObject({
      'Node.js': { area: 'This machine', outcome: 'ok' },
      disk: { detail: expect.stringContaining('are free in') },
      'clouds.yaml': { outcome: 'ok', detail: expect.stringContaining('has mycloud') },
      stack: { outcome: 'failed', detail: expect.stringContaining('run `npm start`') },
    });
    expect(code).toBe(1);
  } finally {
    await user.close();
  }
});

test('a server that does not say what time it is says nothing of the clock', () => {
  expect(clockVerdict(undefined, new Date(), 'S3')).toMatchObject({ outcome: 'skipped' });
});
