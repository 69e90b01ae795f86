import { once } from 'node:events';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rawDisk } from '../support/disk.ts';
import { type StackAtHand, stackAtHand } from './support/stack-at-hand.ts';

let hand: StackAtHand;
/** A key that a terminal would obey. */
const HOSTILE = 'linux/\u001b[2Ja.img';
const LONG = `${'long/'.repeat(190)}a.img`;

beforeAll(async () => {
  hand = await stackAtHand();
  const { pipeline } = hand;
  const first = await pipeline.drop('linux/a.img', Buffer.from('Just words.\n'));
  const others = [
    await pipeline.drop(HOSTILE, rawDisk(), { 'property-os_distro': 'debian', tags: 'x,y' }),
    await pipeline.drop('windows/b.img', Buffer.from('No disk either.\n')),
    await pipeline.drop(LONG, rawDisk()),
  ];
  await Promise.all([first, ...others].map((each) => pipeline.settled(each)));
  await pipeline.settled(await pipeline.drop('linux/a.img', rawDisk()));
});
afterAll(() => hand?.close());

describe('imagedrop ls', () => {
  test('lists the last drop of each key in a table', async () => {
    const { code, out } = await hand.user.run('ls');
    expect(out).toMatch(/^STATE +FORMAT +SIZE +AGE +KEY +TARGET$/m);
    expect(out).toMatch(/^active +raw +4 KiB +\d+ (s|min) +linux\/a\.img +simulator$/m);
    expect(out).toMatch(/^failed \(not-a-disk-image\) +– +16 B +\d+ (s|min) +windows\/b\.img +simulator$/m);
    expect(out).toMatch(/^active .+ linux\/\\u001b\[2Ja\.img +simulator$/m);
    expect(out).toMatch(/^3 active, 1 failed$|^1 failed, 3 active$/m);
    expect(out).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  test.each([
    [['linux/'], ['linux/\u001b[2Ja.img', 'linux/a.img']],
    [['--failed'], ['windows/b.img']],
    [['linux/', '--failed'], []],
    [['linux/', '--failed', '--all'], ['linux/a.img']],
    [
      ['linux/a', '--all'],
      ['linux/a.img', 'linux/a.img'],
    ],
    [['long/long/', '--target', 'simulator'], [LONG]],
    [[LONG], [LONG]],
  ])('%j --json gives the records', async (args, keys) => {
    const { code, document } = await hand.user.json('ls', ...args);
    expect(document.map(({ drop }: { drop: { key: string } }) => drop.key)).toEqual(keys);
    expect(code).toBe(0);
  });

  test('says so when there is none', async () => {
    expect(await hand.user.run('ls', 'nothing/')).toMatchObject({ code: 0, out: 'No drops.\n' });
  });

  test.each([
    [['a', 'b'], 'Name one PREFIX.'],
    [['--target', 'nowhere'], 'The stack has no target "nowhere"; there is simulator.'],
  ])('%j is wrong use', async (args, message) => {
    expect(await hand.user.run('ls', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

test('inspect reads an object of the stack that runs here, and judges it by its targets', async () => {
  const { pipeline, user } = hand;
  const source = `s3://${pipeline.stack.outputs.DropBucketName}/windows/b.img`;
  const { document } = await user.json('inspect', source);
  expect(document).toMatchObject({ source, verdict: 'refuse', code: 'not-a-disk-image' });
  const { document: safe } = await user.json('inspect', source.replace('windows/b', 'linux/a'));
  expect(safe.targets).toMatchObject([{ name: 'simulator', kind: 'glance', taken: true }]);
});

describe('imagedrop status', () => {
  test('tells all of the last drop, and earlier ones in a line', async () => {
    const { code, out } = await hand.user.run('status', 'linux/a.img');
    expect(out).toMatch(/^linux\/a\.img at simulator: active$/m);
    expect(out).toMatch(/^ {2}found +raw, a disk of 4 KiB \(4096 bytes\)$/m);
    expect(out).toMatch(/^ {2}partitions +1 \(MBR\), up to 4 KiB$/m);
    expect(out).toMatch(/^ {2}route +stream: .+\.$/m);
    expect(out).toMatch(/^ {2}image +[0-9a-f-]{36}$/m);
    expect(out).toMatch(/^ {2}sent as +raw, min_disk 1 GiB, min_ram 0 MiB, private$/m);
    expect(out).toMatch(/^ {2}sha512 +[0-9a-f]{128}$/m);
    expect(out).toMatch(/^ {2}verified +size and sha512 agree with what the target reports$/m);
    expect(out).toMatch(/^ {2}receipt +receipts\/[0-9a-f-]{36}\.json$/m);
    expect(out).toMatch(/^ +\+\d+\.\d s {2}announced$/m);
    expect(out).toMatch(/^Earlier drops\n {2}\d+ (s|min) ago at simulator: failed \(not-a-disk-image\)$/m);
    expect(code).toBe(0);
  });

  test('says what was sent, and shows no name that a terminal would obey', async () => {
    const { out } = await hand.user.run('status', HOSTILE);
    expect(out).toMatch(/^ {2}tags +x, y$/m);
    expect(out).toMatch(/^ {2}property +os_distro=debian$/m);
    expect(out).not.toContain('\u001b');
  });

  test('says of a failure why, and what to do', async () => {
    const { code, out } = await hand.user.run('status', 'windows/b.img');
    expect(out).toMatch(
      /^ {2}error +The file is text.+ \(not-a-disk-image\)\n {2}next +Drop the disk image itself\.$/m,
    );
    expect(code).toBe(1);
  });

  test('--all tells as much of earlier drops; --json gives the records, last drop first', async () => {
    expect((await hand.user.run('status', 'linux/a.img', '--all')).out.match(/^ {2}timeline$/gm)).toHaveLength(2);
    const { document } = await hand.user.json('status', 'linux/a.img');
    expect(document).toMatchObject([{ status: 'active' }, { status: 'failed' }]);
  });

  test('finds a key that is cut in the keys of its records', async () => {
    expect(await hand.user.json('status', LONG)).toMatchObject({ code: 0, document: [{ drop: { key: LONG } }] });
  });

  test('--watch follows a drop until it is settled', async () => {
    const waiting = hand.user.start('status', 'later.img', '--watch');
    await hand.pipeline.drop('later.img', rawDisk());
    const { code, out } = await waiting.ended;
    expect(out).toMatch(/^later\.img {2}active · image/m);
    expect(out).toMatch(/^ {2}timeline$/m);
    expect(code).toBe(0);
    const json = await hand.user.run('status', 'later.img', '--watch', '--json');
    expect(
      json.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ status: 'active' }]);
  });

  test('--watch ends when the time is over, and by Ctrl-C with the exit code of shells', async () => {
    const { user } = hand;
    expect((await user.run('status', 'nothing.img', '--watch', '--timeout-seconds', '1')).code).toBe(1);
    const { child, ended } = user.start('status', 'nothing.img', '--watch');
    const [first] = await once(child.stderr ?? child, 'data');
    expect(String(first)).toBe('"nothing.img" has no record yet; waiting for one …\n');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });

  test('tells a drop that has no record yet from one that never was', async () => {
    const never = await hand.user.run('status', 'never.img');
    expect(never).toMatchObject({ code: 1, err: expect.stringContaining('There is no drop "never.img".') });
    expect(await hand.user.json('status', 'never.img')).toMatchObject({ code: 1, document: [] });
  });

  test.each([
    [[], 'Name one KEY.'],
    [['a', 'b'], 'Name one KEY.'],
    [['a', '--timeout-seconds', '1'], '--timeout-seconds goes with --watch.'],
  ])('%j is wrong use', async (args, message) => {
    expect(await hand.user.run('status', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

describe('imagedrop retry', () => {
  test('brings a failed drop back, and says so', async () => {
    const { code, out } = await hand.user.run('retry', 'windows/b.img');
    expect(out).toBe('windows/b.img at simulator: begins again (it had failed with not-a-disk-image)\n');
    expect(code).toBe(0);
    // The next tests find it failed again.
    await hand.user.run('status', 'windows/b.img', '--watch');
    expect(await hand.user.run('retry', 'linux/a.img', '--code', 'forbidden', '--target', 'simulator')).toMatchObject({
      code: 1,
      err: 'imagedrop: no drop under "linux/a.img" has failed with forbidden.\n',
    });
  });

  test('--all-failed leaves out files that were refused, and says so', async () => {
    const { code, out, err } = await hand.user.run('retry', '--all-failed');
    expect(out).toBe('0 drops begin again.\n');
    expect(err).toMatch(
      /^\d drops? (is|are) left out, because the file itself was refused \(not-a-disk-image\)\. Drop/,
    );
    expect(code).toBe(0);
  });

  test('--wait follows the drop to its end and tells it by the exit code', async () => {
    const { code, out } = await hand.user.run('retry', 'windows/b.img', '--wait');
    expect(out).toMatch(/\n\nwindows\/b\.img {2}failed {2}not-a-disk-image\n/);
    expect(code).toBe(1);
  });

  test('takes the name of a target', async () => {
    expect(await hand.user.run('retry', '--all-failed', '--target', 'nowhere')).toMatchObject({
      code: 2,
      err: expect.stringContaining('The stack has no target "nowhere"'),
    });
  });

  test('--json prints one document per line', async () => {
    const { out } = await hand.user.run('retry', '--all-failed', '--code', 'not-a-disk-image', '--json');
    for (const line of out.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ was: 'not-a-disk-image' });
  });

  test.each([
    [[], 'Name a KEY, or say --all-failed.'],
    [['a', '--all-failed'], 'Either KEYs or --all-failed, not both.'],
    [['a', '--code', 'bad'], 'There is no code "bad"'],
  ])('%j is wrong use', async (args, message) => {
    expect(await hand.user.run('retry', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

describe('imagedrop backfill', () => {
  test('sends a drop without a record at the target, and only lists it in a dry run', async () => {
    const nothing = { code: 1, out: 'Nothing to send: each drop has a record at simulator.\n' };
    expect(await hand.user.run('backfill', '--target', 'simulator', 'linux/')).toMatchObject(nothing);
    const { s3 } = hand.pipeline;
    const Bucket = hand.pipeline.output('StatusBucketName');
    const { Contents: records = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'linux/a.img/' }));
    for (const { Key } of records) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    const dry = await hand.user.run('backfill', '--target', 'simulator', '--dry-run', 'linux/');
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('linux/a.img: would be sent to simulator') });
    const { code, out } = await hand.user.run('backfill', '--target', 'simulator', 'linux/');
    expect(out).toMatch(/^linux\/a\.img: sent to simulator\n(.*\n)*\d+ drops? sent to simulator\.\n$/);
    expect(code).toBe(0);
  });

  test.each([
    [[], 'The option --target is missing'],
    [['--target', 'simulator', 'a', 'b'], 'Only one PREFIX is possible'],
    [['--target', 'nowhere'], 'The stack has no target "nowhere"'],
  ])('%j is wrong use', async (args, message) => {
    expect(await hand.user.run('backfill', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

describe('imagedrop reconcile', () => {
  test('says what it would do, in words and as a document', async () => {
    expect(await hand.user.run('reconcile', '--dry-run')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Looked at \d+ drops, \d+ records/m),
    });
    expect(await hand.user.json('reconcile', '--dry-run')).toMatchObject({ code: 0, document: { dryRun: true } });
  });
});
