import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { truncate } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Decide } from '../../../local/contributing/faults/fault.ts';
import { FaultProxy } from '../../../local/contributing/faults/fault-proxy.ts';
import { rawDisk } from '../../support/disk.ts';
import { SAMPLES } from '../../support/images/samples.ts';
import { type StackAtHand, stackAtHand } from '../support/stack-at-hand.ts';

const PART_BYTES = 8 * 2 ** 20;
const TARGETS = { simulator: { kind: 'glance' }, 'simulator-application-credential': { kind: 'glance' } };

let hand: StackAtHand;
let proxy: FaultProxy;
let decide: Decide = () => undefined;
const partsSent: number[] = [];

beforeAll(async () => {
  hand = await stackAtHand({ targets: TARGETS });
  proxy = await FaultProxy.listen({
    target: hand.pipeline.stack.endpoints.s3,
    decide(request) {
      const number = new URLSearchParams(request.url.split('?')[1]).get('partNumber');
      if (request.method === 'PUT' && number !== null) partsSent.push(Number(number));
      return decide(request);
    },
  });
  await hand.publish({ AWS_ENDPOINT_URL_S3: proxy.url });
});
afterAll(async () => {
  await proxy?.close();
  await hand?.close();
});
afterEach(() => {
  decide = () => undefined;
  partsSent.length = 0;
});

const qcow2 = SAMPLES.find(({ format }) => format === 'qcow2')?.bytes ?? Buffer.alloc(0);
const head = (key: string) =>
  hand.pipeline.s3.send(new HeadObjectCommand({ Bucket: hand.pipeline.dropBucket, Key: key }));

describe('imagedrop drop', () => {
  test('sends safe files, refuses others and says why, and waits for every target', async () => {
    const { user } = hand;
    const names = [await user.file('a.qcow2', qcow2), await user.file('notes.txt', 'Not a disk.\n')];
    const { code, out } = await user.run('drop', ...names, '--wait', '--prefix', 'linux');
    expect(out).toMatch(/^linux\/a\.qcow2 at simulator {2}active · image [0-9a-f-]{36}$/m);
    expect(out).toMatch(/^linux\/a\.qcow2 at simulator-application-credential {2}active · image/m);
    expect(out).toMatch(
      /^linux\/notes\.txt {2}refused {2}not-a-disk-image\n {4}.+\n {4}next {3}Drop the disk image itself\.\n/m,
    );
    expect(code).toBe(1);
    await expect(head('linux/notes.txt')).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('sends a folder with its structure, and nothing hidden', async () => {
    const { user } = hand;
    await user.file('images/linux/noble.qcow2', qcow2);
    await user.file('images/disk.img', rawDisk());
    await user.file('images/.git/config', 'x');
    const { code, document } = await user.json('drop', 'images');
    expect(document.map(({ key }: { key: string }) => key)).toEqual(['disk.img', 'linux/noble.qcow2']);
    expect(code).toBe(0);
  });

  test('sends what another program writes', async () => {
    const { child, ended } = hand.user.start('drop', '-', '--key', 'built/disk.img', '--json');
    child.stdin?.end(rawDisk());
    const { code, out } = await ended;
    expect(JSON.parse(out)).toMatchObject([{ key: 'built/disk.img', outcome: 'dropped', size: rawDisk().length }]);
    expect(code).toBe(0);
  });

  test('sends the file of a URL with the checksum file beside it, and nothing that does not agree', async () => {
    const files: Record<string, Buffer | string> = { '/i/good.img': rawDisk(), '/i/bad.img': rawDisk() };
    const digest = createHash('sha256').update(rawDisk()).digest('hex');
    files['/i/SHA256SUMS'] = `${digest}  good.img\n${digest.replaceAll(/[0-9]/g, '0')}  bad.img\n`;
    const server = createServer(({ url = '' }, response) =>
      response.writeHead(url in files ? 200 : 404).end(files[url]),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/i/`;
    try {
      const good = await hand.user.json('drop', `${at}good.img`);
      expect(good.document).toMatchObject([{ key: 'SHA256SUMS' }, { key: 'good.img', outcome: 'dropped' }]);
      const bad = await hand.user.json('drop', `${at}bad.img`);
      expect(bad.document).toMatchObject([{ outcome: 'refused', code: 'checksum-mismatch' }]);
      expect(await hand.user.run('drop', `${at}none.img`)).toMatchObject({
        code: 2,
        err: expect.stringContaining('The server answers 404'),
      });
      const secret = await hand.user.run('drop', `${at}none.img?X-Amz-Signature=secret`);
      expect(secret.err).not.toContain('secret');
    } finally {
      server.close();
    }
  });

  test('sends a packed file, which the stack unpacks', async () => {
    const { user } = hand;
    const { code, out } = await user.run('drop', await user.file('b.raw.gz', gzipSync(rawDisk())), '--wait');
    expect(out).toMatch(/^b\.raw\.gz at simulator {2}active · image [0-9a-f-]{36}$/m);
    expect(code).toBe(0);
  });

  test('says of the image what create-metadata understands', async () => {
    const { user } = hand;
    const metadata = [
      '--name',
      'Build 7',
      '--property',
      'os_distro=debian',
      '--property',
      'note=a=b',
      '--tag',
      'nightly',
    ];
    const more = ['--tag', 'x', '--min-disk', '7', '--min-ram', '512', '--disk-format', 'raw', '--key', 'builds/7.img'];
    const name = await user.file('bytes', Buffer.alloc(2048, 0xa7));
    const { code, document } = await user.json('drop', name, '--wait', ...metadata, ...more);
    expect(document).toMatchObject([
      {
        file: join(user.folder, 'bytes'),
        bucket: hand.pipeline.dropBucket,
        key: 'builds/7.img',
        size: 2048,
        outcome: 'dropped',
        id: expect.any(String),
        resumedBytes: 0,
        seconds: expect.any(Number),
        records: [
          {
            status: 'active',
            sent: {
              name: 'Build 7',
              minDisk: 7,
              minRam: 512,
              tags: ['nightly', 'x'],
              properties: { os_distro: 'debian', note: 'a=b' },
            },
          },
          { status: 'active' },
        ],
      },
    ]);
    expect(code).toBe(0);
  });

  test('takes checksum files and their signatures along, and sends nothing of a file that does not agree', async () => {
    const { user } = hand;
    const image = await user.file('summed.qcow2', qcow2);
    const bad = await user.file('bad.qcow2', qcow2);
    const sha256 = createHash('sha256').update(qcow2).digest('hex');
    await user.file('SHA256SUMS', `${sha256} *summed.qcow2\n${sha256.replace(/^./, 'g')}\n`);
    await user.file('summed.qcow2.sha256', `${sha256}\n`);
    await user.file('summed.qcow2.sha256.asc', 'a signature');
    await user.file('SHA256SUMS.gpg', 'of a list that is none');
    await user.file('bad.qcow2.CHECKSUM', `SHA256 (bad.qcow2) = ${'0'.repeat(64)}\n`);
    const { code, document } = await user.json('drop', image, bad, '--wait', '--prefix', 'sums');
    expect(document).toMatchObject([
      { key: 'sums/summed.qcow2.sha256', outcome: 'dropped' },
      { key: 'sums/summed.qcow2.sha256.asc', outcome: 'dropped' },
      {
        key: 'sums/summed.qcow2',
        records: [{ publisher: { checksum: { from: 'sums/summed.qcow2.sha256', agrees: true } } }, {}],
      },
      { key: 'sums/bad.qcow2', outcome: 'refused', code: 'checksum-mismatch' },
    ]);
    expect(code).toBe(1);
    await expect(head('sums/bad.qcow2')).rejects.toMatchObject({ name: 'NotFound' });
    await expect(head('sums/bad.qcow2.CHECKSUM')).rejects.toMatchObject({ name: 'NotFound' });
    const { out } = await user.run('status', 'sums/summed.qcow2');
    expect(out).toContain(`sha256 ${sha256} from sums/summed.qcow2.sha256: the file agrees`);
  });

  test('sends what speaks of images first, and waits for the images alone', async () => {
    const { user } = hand;
    const image = await user.file('spoken.qcow2', qcow2);
    const sidecar = await user.file('spoken.qcow2.yaml', 'name: Spoken\nmin_ram: 512\n');
    const { code, document } = await user.json('drop', image, sidecar, '--wait', '--target', 'simulator');
    expect(document).toMatchObject([
      { key: 'spoken.qcow2.yaml', outcome: 'dropped' },
      { key: 'spoken.qcow2', records: [{ status: 'active', sent: { name: 'Spoken', minRam: 512 } }] },
    ]);
    expect(document[0]).not.toHaveProperty('records');
    expect(code).toBe(0);
  });

  test('does not send what speaks of images in words that would be refused', async () => {
    const sidecar = await hand.user.file('bad.qcow2.yaml', 'min_disk: many\n');
    const { code, document } = await hand.user.json('drop', sidecar);
    expect(document).toMatchObject([{ outcome: 'refused', code: 'bad-metadata' }]);
    expect(document[0].message).toContain('bad.qcow2.yaml');
    expect(code).toBe(1);
  });

  test('sends to one target where that is named, and waits for that', async () => {
    const { user, pipeline } = hand;
    const name = await user.file('one.qcow2', qcow2);
    const { code, document } = await user.json(
      'drop',
      name,
      '--wait',
      '--target',
      'simulator',
      '--target',
      'simulator',
    );
    expect(document[0].records).toMatchObject([
      { target: 'simulator', status: 'active', drop: { targets: ['simulator'] } },
    ]);
    expect(code).toBe(0);
    expect((await head('one.qcow2')).Metadata).toEqual({ targets: 'simulator' });
    await pipeline.idle();
    const other = { key: 'one.qcow2', versionId: document[0].id };
    expect(await pipeline.record(other, 'simulator-application-credential')).toBeUndefined();
  });

  test('sends nothing to a target that there is not, and names those that there are', async () => {
    const name = await hand.user.file('nowhere.qcow2', qcow2);
    const there = 'there is simulator, simulator-application-credential.';
    const unknown = await hand.user.run('drop', name, '--target', 'simulator', '--target', 'nowhere');
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(unknown.err).toContain(`The stack has no target "nowhere"; ${there}`);
    await expect(head('nowhere.qcow2')).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('sent to one target is over there for `status`, and is distinguished from one that is not processed', async () => {
    const { user } = hand;
    const name = await user.file('chosen.qcow2', qcow2);
    await user.run('drop', name, '--wait', '--target', 'simulator');
    const status = await user.run('status', name, '--watch');
    expect(status.out).toMatch(/^ {2}chosen +goes to simulator alone$/m);
    expect(status.code).toBe(0);
    const elsewhere = await user.run('status', name, '--watch', '--target', 'simulator-application-credential');
    expect(elsewhere).toMatchObject({ code: 1, out: '' });
    expect(elsewhere.err).toContain('"chosen.qcow2" goes to simulator alone, as it was dropped.');
  });

  test('sends an unsafe file with --unchecked, and tells by the exit code that it has failed', async () => {
    const name = await hand.user.file('words.txt', 'Just words.\n');
    const { code, out } = await hand.user.run('drop', name, '--unchecked', '--wait');
    expect(out).toMatch(/^words\.txt at simulator {2}failed · not-a-disk-image$/m);
    expect(code).toBe(1);
  });

  test('says with the exit code 3 that it has not settled in the time there was', async () => {
    const name = await hand.user.file('slow.qcow2', qcow2);
    // Nobody hears what has become of it.
    decide = ({ method, url }) =>
      method === 'GET' && url.includes('prefix=slow') ? { how: 'hang', milliseconds: 5000 } : undefined;
    const { code } = await hand.user.run('drop', name, '--wait', '--timeout-seconds', '1');
    expect(code).toBe(3);
  });

  test('that was killed half-way goes on: only the rest is sent', async () => {
    const { user } = hand;
    await user.file('big.img', rawDisk());
    await truncate(join(user.folder, 'big.img'), 6 * PART_BYTES + 512);
    let arrived = 0;
    decide = ({ method, url }) => {
      if (method !== 'PUT' || !url.includes('partNumber')) return undefined;
      arrived += 1;
      return arrived > 4 ? { how: 'hang', milliseconds: 60_000 } : undefined;
    };
    const { child, ended } = user.start('drop', 'big.img');
    // Four are under way at a time: when the last has arrived, three are stored, and perhaps the fourth.
    while (arrived < 7) await pause(20);
    child.kill('SIGKILL');
    expect((await ended).code).toBeNull();
    decide = () => undefined;
    partsSent.length = 0;
    const { code, document } = await user.json('drop', 'big.img');
    expect(document).toMatchObject([{ outcome: 'dropped', resumedBytes: expect.any(Number) }]);
    const resumedParts = document[0].resumedBytes / PART_BYTES;
    expect([3, 4]).toContain(resumedParts);
    expect(partsSent).toHaveLength(7 - resumedParts);
    expect(code).toBe(0);
    expect(await head('big.img')).toMatchObject({ ContentLength: 6 * PART_BYTES + 512 });
  });

  test('says what is wrong with S3 and that the same command goes on', async () => {
    const name = await hand.user.file('denied.qcow2', qcow2);
    const body = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
    decide = ({ method }) =>
      method === 'PUT' ? { how: 'answer', answer: { status: 403, body }, afterBody: true } : undefined;
    const { code, out, err } = await hand.user.run('drop', name);
    expect(out).toContain('denied.qcow2  failed\n    Access Denied\n    next   These AWS credentials may not do that');
    expect(out).toContain('The same command goes on');
    expect(out + err).not.toContain('    at ');
    expect(code).toBe(1);
  });

  test('is interrupted by Ctrl-C, with the exit code of shells', async () => {
    await hand.user.file('stop.img', rawDisk());
    await truncate(join(hand.user.folder, 'stop.img'), 3 * PART_BYTES);
    let asked = 0;
    decide = ({ url }) => {
      if (url.includes('partNumber')) asked += 1;
      return url.includes('partNumber') ? { how: 'hang', milliseconds: 60_000 } : undefined;
    };
    const { child, ended } = hand.user.start('drop', 'stop.img');
    while (asked === 0) await pause(20);
    child.kill('SIGINT');
    const { code, out } = await ended;
    expect(out).toContain('stop.img  interrupted');
    expect(code).toBe(130);
  });
});

test.each([
  [[], 'Name one file at least.'],
  [['missing.img'], 'There is no file missing.img.'],
  [['empty'], 'The folder empty contains no files.'],
  [['-'], 'The standard input has no name: add --key KEY.'],
  [['http://127.0.0.1:9/'], 'http://127.0.0.1:9/ does not end with the name of a file.'],
  [['a.img', 'b/a.img'], 'have the same name'],
  [['a.img', '--key', 'a/'], '--key is a whole key'],
  [['a.img', '--key', 'a', '--prefix', 'b'], 'Either --key or --prefix'],
  [['a.img', 'c.img', '--key', 'a'], '--key is for one file'],
  [['a.img', 'c.img', '--name', 'a'], '--name is for one file'],
  [['a.img', '--property', 'novalue'], '--property is NAME=VALUE, not "novalue".'],
  [['a.img', '--property', 'Big=1'], 'in lower case and ASCII'],
  [['a.img', '--tag', 'a,b'], 'has a comma in it'],
  [['a.img', '--name', 'Größe'], 'are ASCII in S3'],
  [['a.img', '--min-disk', 'ten'], 'min-disk must be a whole number'],
  [['a.img', '--visibility', 'all'], 'visibility must be one of'],
  [['a.img', '--timeout-seconds', '5'], '--timeout-seconds goes with --wait.'],
  [['a.img', '--wait', '--timeout-seconds', '0'], '--timeout-seconds is a whole number above 0, not "0".'],
  [['--fast', 'a.img'], "Unknown option '--fast'"],
])('drop %j is wrong use: exit 2, before a stack is looked for', async (args, message) => {
  for (const name of ['a.img', 'b/a.img', 'c.img', 'empty/.hidden']) await hand.user.file(name, rawDisk());
  const { code, err } = await hand.user.run('drop', ...args);
  expect(err).toContain(message);
  expect(err).toContain('See `imagedrop drop --help`.');
  expect(code).toBe(2);
});

test('metadata that S3 would refuse are wrong use', async () => {
  const name = await hand.user.file('a.img', rawDisk());
  const { code, err } = await hand.user.run('drop', name, '--property', `long=${'x'.repeat(2048)}`);
  expect(err).toContain('Metadata of an object have 2048 bytes in S3; these have more.');
  expect(code).toBe(2);
});
