import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Target } from '../../lambda/model/target.ts';
import { signatureVerifier } from '../../lambda/publisher/signature.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { LAYOUTS } from '../support/checksum-layouts.ts';
import { rawDisk } from '../support/disk.ts';
import { worldOf } from '../support/publisher-world.ts';
import { clearsigned, detached, newPublisher, type Publisher, revoked, signedFiles } from '../support/signing.ts';

const DISK = rawDisk();
const KEY = 'linux/a.img';
const LIST = `${createHash('sha256').update(DISK).digest('hex')}  a.img\n`;

const REQUIRED: Partial<Target> = { require: 'signature' };

let known: Publisher;
let stranger: Publisher;
let ofList: Buffer;
beforeAll(async () => {
  [known, stranger] = await Promise.all([newPublisher('known'), newPublisher('stranger')]);
  ofList = await detached(LIST, known);
});

type Objects = Readonly<Record<string, Buffer | string>>;

/** A world whose settings have the key of a publisher. */
function signedWorld(objects: Objects, settings: Partial<Target> = REQUIRED, keys = [known.file]) {
  const run = worldOf({}, settings);
  for (const [key, content] of Object.entries(objects)) run.world.objects.put(key, Buffer.from(content));
  run.world.verifySignature = signatureVerifier(keys, () => new Date());
  return run;
}

const withFlippedByte = (bytes: Buffer, at = bytes.length - 60): Buffer => {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
  return flipped;
};

describe.each(LAYOUTS)('a signed image of $publisher', (layout) => {
  const key = `linux/${layout.image}`;
  let objects: Record<string, Buffer>;
  beforeAll(async () => {
    const files = Object.entries(await signedFiles(layout, DISK, known));
    objects = { ...Object.fromEntries(files.map(([name, bytes]) => [`linux/${name}`, bytes])), [key]: DISK };
  });

  test('becomes active, and its record names the key', async () => {
    const { status, publisher } = await signedWorld(objects).process(key);
    expect({ status, publisher }).toMatchObject({
      status: 'active',
      publisher: {
        require: 'signature',
        checksum: { algorithm: layout.algorithm, agrees: true },
        signature: { key: known.fingerprint, by: known.by },
      },
    });
  });

  test('does not where one byte of image, list or signature is another one', async () => {
    for (const [changed, bytes] of Object.entries(objects)) {
      const inHash = bytes.indexOf(createHash(layout.algorithm).update(DISK).digest('hex'));
      const run = signedWorld({ ...objects, [changed]: withFlippedByte(bytes, inHash < 0 ? undefined : inHash) });
      const { status, publisher } = await run.process(key);
      expect({ changed, status }).not.toMatchObject({ status: 'active' });
      if (changed === key) expect(publisher).toMatchObject({ checksum: { agrees: false } });
      expect(run.world.endpoint.images.size).toBe(0);
    }
  });
});

describe('a required signature', () => {
  test('that has not come yet is waited for, and its event wakes the drop', async () => {
    const run = signedWorld({ [KEY]: DISK, 'linux/SHA256SUMS': LIST });
    await run.event();
    expect(run.record()).toMatchObject({
      status: 'received',
      waiting: { code: 'signature-missing', message: expect.stringContaining('No signed checksum file') },
    });
    expect(run.world.ownQueue.sent).toEqual([{ ...run.message(), delaySeconds: 900 }]);
    run.world.objects.put('linux/SHA256SUMS.gpg', ofList);
    await run.event('linux/SHA256SUMS.gpg');
    expect(run.world.ingestQueue.sent).toEqual([{ ...run.message(), delaySeconds: 0 }]);
    expect(await run.process()).toMatchObject({
      status: 'active',
      publisher: { signature: { key: known.fingerprint } },
    });
    expect(run.record().waiting).toBeUndefined();
  });

  test('that does not come in time fails the drop, and the error says what was there', async () => {
    const objects = { [KEY]: DISK, 'linux/SHA256SUMS': LIST, 'linux/SHA256SUMS.gpg': '<html>' };
    const run = signedWorld({ ...objects, [`${KEY}.sig`]: await detached(DISK, known) });
    await run.event();
    run.world.pass(900);
    await run.resume();
    const { status, error } = run.record();
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'signature-missing' });
    expect(error?.message).toContain('linux/SHA256SUMS.gpg is not a signature');
    expect(error?.message).toContain('a.img.sig is a signature of the image itself');
  });

  test('by an unknown key fails the drop, and another one brings it back', async () => {
    const objects = { [KEY]: DISK, 'linux/SHA256SUMS': LIST };
    const run = signedWorld({ ...objects, 'linux/SHA256SUMS.gpg': await detached(LIST, stranger) });
    await run.event();
    expect(run.record()).toMatchObject({ status: 'failed', error: { code: 'signature-key-unknown' } });
    run.world.objects.put('linux/SHA256SUMS.gpg', ofList);
    await run.event('linux/SHA256SUMS.gpg');
    await createMetadata(run.world.ingestQueue.sent[0], run.world.invocation(), run.world);
    expect(run.record().status).toBe('created');
  });

  test('by a revoked key is not accepted', async () => {
    const objects = { [KEY]: DISK, 'linux/SHA256SUMS': LIST, 'linux/SHA256SUMS.gpg': ofList };
    const run = signedWorld(objects, REQUIRED, [(await revoked(known)).file]);
    await run.event();
    expect(run.record()).toMatchObject({ status: 'failed', error: { code: 'signature-not-accepted' } });
  });

  test('by a folder fails the drop where the stack has no keys', async () => {
    const run = worldOf({ [KEY]: DISK, 'linux/imagedrop.yaml': Buffer.from('require: signature') });
    await run.event();
    expect(run.record()).toMatchObject({
      status: 'failed',
      error: { code: 'signature-key-unknown', message: expect.stringContaining('publisherKeys is not set') },
    });
  });

  test.each([
    ['checksum', 'signature'],
    ['signature', 'checksum'],
    ['signature', 'none'],
  ] as const)('of the target (%s) or the folder (%s) counts as the stricter one', async (require, yaml) => {
    const objects = { [KEY]: DISK, 'linux/SHA256SUMS': LIST, 'imagedrop.yaml': `require: ${yaml}` };
    const run = signedWorld(objects, { require });
    await run.event();
    expect(run.record()).toMatchObject({ status: 'received', publisher: { require: 'signature' } });
  });

  test('is found in a clearsigned file that has the name of a signature', async () => {
    const run = signedWorld({ [KEY]: DISK, 'linux/SHA256SUMS.asc': await clearsigned(LIST, known) });
    expect(await run.process()).toMatchObject({
      status: 'active',
      publisher: { checksum: { from: 'linux/SHA256SUMS.asc' } },
    });
    const waiting = signedWorld({ [KEY]: DISK });
    await waiting.event();
    waiting.world.objects.put('linux/SHA256SUMS.asc', await clearsigned(LIST, known));
    await waiting.event('linux/SHA256SUMS.asc');
    expect(waiting.world.ingestQueue.sent).toHaveLength(1);
  });

  test('is found though the folder has more objects than one look shows', async () => {
    const run = signedWorld({ [KEY]: DISK, 'linux/SHA256SUMS': LIST, 'linux/SHA256SUMS.sign': ofList });
    run.world.maxKeys = 0;
    expect(await run.process()).toMatchObject({ status: 'active', publisher: { signature: {} } });
  });
});

describe('a signature that is not required', () => {
  test('is noted in the record where it is valid', async () => {
    const run = signedWorld({ [KEY]: DISK, 'linux/SHA256SUMS': LIST, 'linux/SHA256SUMS.gpg': ofList }, {});
    expect((await run.process()).publisher).toMatchObject({ signature: { file: 'linux/SHA256SUMS.gpg' } });
  });

  test('fails the drop where it is invalid', async () => {
    const other = await detached('another list', known);
    const run = signedWorld({ [KEY]: DISK, 'linux/SHA256SUMS': LIST, 'linux/SHA256SUMS.gpg': other }, {});
    await run.event();
    expect(run.record()).toMatchObject({ status: 'failed', error: { code: 'signature-invalid', retryable: false } });
    expect(run.world.endpoint.images.size).toBe(0);
  });

  test('by an unknown key is only noted', async () => {
    const other = await detached(LIST, stranger);
    const run = signedWorld({ [KEY]: DISK, 'linux/SHA256SUMS': LIST, 'linux/SHA256SUMS.gpg': other }, {});
    const { status, publisher } = await run.process();
    expect(status).toBe('active');
    expect(publisher).toMatchObject({
      checksum: { agrees: true },
      unusable: [{ key: 'linux/SHA256SUMS.gpg', code: 'signature-key-unknown' }],
    });
  });

  test('is not read where the stack has no keys', async () => {
    const run = worldOf({ [KEY]: DISK, 'linux/SHA256SUMS': Buffer.from(LIST), 'linux/SHA256SUMS.gpg': ofList });
    const read = run.world.objects.read.bind(run.world.objects);
    const keys: string[] = [];
    run.world.objects.read = (bucket, key, limit) => {
      keys.push(key);
      return read(bucket, key, limit);
    };
    expect((await run.process()).publisher).toMatchObject({ checksum: { agrees: true } });
    expect(keys).not.toContain('linux/SHA256SUMS.gpg');
  });
});

test.each(['SHA256SUMS.gpg', 'x/SHA512SUMS.sign', 'a.img.sig', 'a.img.asc', 'CHECKSUM.minisig'])(
  'a signature is not a drop: %s makes no record',
  async (key) => {
    const { world, event } = worldOf({ [key]: Buffer.from('signed') });
    await event(key);
    expect(world.records.stored.size).toBe(0);
  },
);
