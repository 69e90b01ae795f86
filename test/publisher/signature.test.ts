import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as openpgp from 'openpgp';
import { checksumAndSignature, signatureVerifier } from '../../lambda/publisher/signature.ts';
import type { KeyFile } from '../../lambda/publisher/verdict.ts';
import { LAYOUTS } from '../support/checksum-layouts.ts';
import { failure } from '../support/outcome.ts';
import {
  checksumFile,
  clearsigned,
  detached,
  newMinisign,
  newPublisher,
  type Publisher,
  revoked,
  signedFiles,
} from '../support/signing.ts';

const DAY_MS = 86_400_000;
const IMAGE = Buffer.from('an image');
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const LIST = `${sha256(IMAGE)}  a.img\n`;

let known: Publisher;
let stranger: Publisher;
beforeAll(async () => {
  [known, stranger] = await Promise.all([newPublisher('known'), newPublisher('stranger')]);
});

type Files = Readonly<Record<string, Buffer | string>>;

function word(files: Files, keys: readonly KeyFile[] = [known.file], name = 'a.img', metadata?: string) {
  const read = Object.entries(files).map(([key, content]) => checksumFile(key, content));
  return checksumAndSignature(
    name,
    metadata,
    read,
    signatureVerifier(keys, () => new Date()),
  );
}

/** What is found of a signature that does not count. */
const doubtOf = async (signature: Buffer | string, keys?: readonly KeyFile[]) => {
  const found = await word({ SHA256SUMS: LIST, 'SHA256SUMS.gpg': signature }, keys);
  expect(found).toMatchObject({ checksum: { from: 'SHA256SUMS' } });
  expect(found.signature).toBeUndefined();
  return found.unusable?.[0];
};

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other.writeUInt8(other.readUInt8(at) ^ 1, at);
  return other;
}

describe.each(LAYOUTS)('the signed list of $publisher', (layout) => {
  const { image, algorithm } = layout;
  let files: Record<string, Buffer>;
  beforeAll(async () => {
    files = await signedFiles(layout, IMAGE, known);
  });

  test('names its key, and the file that holds the signature', async () => {
    const found = await word(files, [stranger.file, known.file], image);
    const file = Object.keys(files).at(-1);
    expect(found.signature).toEqual({ key: known.fingerprint, by: known.by, file });
    expect(found.checksum).toMatchObject({ algorithm, value: createHash(algorithm).update(IMAGE).digest('hex') });
    expect(found.unusable).toBeUndefined();
  });

  test('does not count where a byte of its text or of the signature is another one', async () => {
    for (const [name, bytes] of Object.entries(files)) {
      const hash = createHash(algorithm).update(IMAGE).digest('hex');
      const places = [bytes.indexOf(hash), bytes.length - 60].filter((at) => at >= 0);
      for (const at of places) {
        const found = await word({ ...files, [name]: flipped(bytes, at) }, [known.file], image).catch((error) => error);
        // A list that is changed beside a clearsigned copy of it is in conflict with that.
        if (found instanceof Error) expect(found).toMatchObject({ code: /^(signature-invalid|checksum-conflict)$/ });
        else expect(found.signature).toBeUndefined();
      }
    }
  });

  test('is noted where the key is not in the settings', async () => {
    const found = await word(files, [stranger.file], image);
    expect(found.checksum).toMatchObject({ algorithm });
    expect(found.signature).toBeUndefined();
    expect(found.unusable).toMatchObject([{ code: 'signature-key-unknown' }]);
  });
});

describe('an OpenPGP signature', () => {
  test('of another file fails the drop', async () => {
    const error = await failure(async () => doubtOf(await detached('another list', known)));
    expect(error).toMatchObject({ code: 'signature-invalid', message: expect.stringContaining(known.fingerprint) });
  });

  test('by one of two keys counts where that key is in the settings', async () => {
    const signature = await detached(LIST, [stranger, known]);
    const found = await word({ SHA256SUMS: LIST, 'SHA256SUMS.gpg': signature });
    expect(found).toMatchObject({ signature: { key: known.fingerprint } });
    expect(found.unusable).toBeUndefined();
  });

  test('that is invalid fails the drop beside one that is valid', async () => {
    const signatures = { 'SHA256SUMS.gpg': await detached(LIST, known), 'SHA256SUMS.asc': await detached('b', known) };
    const error = await failure(() => word({ SHA256SUMS: LIST, ...signatures }));
    expect(error).toMatchObject({ code: 'signature-invalid', message: expect.stringContaining('SHA256SUMS.asc') });
  });

  test('is not accepted where the key had expired when it was made', async () => {
    const then = new Date(Date.now() - 10 * DAY_MS);
    const old = await newPublisher('old', { date: then, keyExpirationTime: 2 * 86_400 });
    const inTime = await detached(LIST, old, { date: new Date(then.getTime() + DAY_MS) });
    const files = { SHA256SUMS: LIST, 'SHA256SUMS.gpg': inTime };
    expect(await word(files, [old.file])).toMatchObject({ signature: { key: old.fingerprint } });
    // Its owner can still sign, at a later time of his clock.
    const renewed = await openpgp.reformatKey({
      privateKey: old.key,
      userIDs: [{ name: 'old' }],
      date: then,
      format: 'object',
    });
    const late = await detached(LIST, { ...old, key: renewed.privateKey });
    expect(await doubtOf(late, [old.file])).toMatchObject({
      code: 'signature-not-accepted',
      reason: expect.stringContaining('expired'),
    });
  });

  test('is not accepted where the key was revoked', async () => {
    const { file } = await revoked(known);
    expect(await doubtOf(await detached(LIST, known), [file])).toMatchObject({
      code: 'signature-not-accepted',
      reason: expect.stringContaining('revoked'),
    });
  });

  test('over SHA-1 is not accepted', async () => {
    const config = {
      preferredHashAlgorithm: openpgp.enums.hash.sha1,
      nonDeterministicSignaturesViaNotation: false,
    };
    // The key's own signatures are over SHA-1, too: those of old keys count.
    const asked = { type: 'rsa' as const, rsaBits: 2048, userIDs: [{ name: 'rsa' }] };
    const { privateKey } = await openpgp.generateKey({ ...asked, format: 'object', config });
    const message = await openpgp.createMessage({ binary: Buffer.from(LIST) });
    const signature = await openpgp.sign({ message, signingKeys: privateKey, detached: true, config });
    const file = { name: 'rsa.asc', bytes: Buffer.from(privateKey.toPublic().armor()) };
    expect(await doubtOf(signature, [file])).toMatchObject({
      code: 'signature-not-accepted',
      reason: expect.stringContaining('SHA1'),
    });
  });

  test.each([
    ['an error page', '<html>'],
    ['nothing', ''],
    ['armor without an end', '-----BEGIN PGP SIGNATURE-----\n\nabcd'],
  ])('that is %s is noted, and no error of the drop', async (_what, content) => {
    expect(await doubtOf(content)).toMatchObject({
      key: 'SHA256SUMS.gpg',
      reason: expect.stringContaining('signature'),
    });
  });

  test('is refused where its file has hundreds', async () => {
    const one = await detached(LIST, known, { armored: false });
    expect(await doubtOf(Buffer.concat(Array<Buffer>(100).fill(one)))).toMatchObject({
      reason: expect.stringContaining('100 signatures'),
    });
  });

  test('covers no text around a clearsigned list', async () => {
    const forged = `${sha256('evil')}  evil.img\n`;
    const file = Buffer.concat([Buffer.from(forged), await clearsigned(LIST, known), Buffer.from(forged)]);
    expect(await word({ 'x-CHECKSUM': file })).toMatchObject({ signature: { file: 'x-CHECKSUM' } });
    expect((await word({ 'x-CHECKSUM': file }, [known.file], 'evil.img')).signature).toBeUndefined();
  });

  test('covers only what the library has read as signed, where others read another part', async () => {
    const genuine = (await clearsigned(LIST, known)).toString().replace('MESSAGE-----', 'MESSAGE----- ');
    const forged = (await clearsigned(`${sha256('forged')}  a.img\n`, stranger)).toString();
    const found = await word({ 'x-CHECKSUM': genuine + forged });
    expect(found).toMatchObject({ checksum: { value: sha256(IMAGE) }, signature: { key: known.fingerprint } });
  });

  test('counts by any key of a file with several', async () => {
    const bytes = Buffer.concat([stranger.file.bytes, Buffer.from('\n'), known.file.bytes]);
    const files = { SHA256SUMS: LIST, 'SHA256SUMS.gpg': await detached(LIST, known) };
    expect(await word(files, [{ name: 'both.asc', bytes }])).toMatchObject({ signature: { by: known.by } });
  });

  test('cannot be verified by a file that is not a key, which is a fault of the settings', async () => {
    const error = await failure(async () =>
      doubtOf(await detached(LIST, known), [{ name: 'x', bytes: Buffer.from('x') }]),
    );
    expect(error).toMatchObject({ code: 'bad-setting', message: expect.stringContaining('x in publisherKeys') });
  });
});

describe('a minisign signature', () => {
  const minisign = newMinisign();
  const files = (signature: Buffer) => ({ SHA256SUMS: LIST, 'SHA256SUMS.minisig': signature });

  test.each(['ED', 'Ed'])('counts (%s)', async (algorithm) => {
    const { key, by } = minisign;
    const found = await word(files(minisign.signatureOf(LIST, algorithm)), [known.file, minisign.file]);
    expect(found).toMatchObject({ signature: { key, by, file: 'SHA256SUMS.minisig' } });
  });

  test.each([
    ['another file', minisign.signatureOf('another list')],
    [
      'another trusted comment',
      Buffer.from(minisign.signatureOf(LIST).toString().replace('timestamp:1', 'timestamp:2')),
    ],
  ])('of %s fails the drop', async (_what, signature) => {
    const error = await failure(() => word(files(signature), [minisign.file]));
    expect(error).toMatchObject({ code: 'signature-invalid' });
  });

  test('by an unknown key, or that cannot be read, is noted', async () => {
    const other = await word({ SHA256SUMS: LIST, 'SHA256SUMS.gpg': await detached(LIST, known) }, [minisign.file]);
    expect(other.unusable).toMatchObject([{ code: 'signature-key-unknown' }]);
    const unknown = await word(files(newMinisign().signatureOf(LIST)), [minisign.file]);
    expect(unknown.unusable).toMatchObject([{ code: 'signature-key-unknown' }]);
    const cut = await word(files(minisign.signatureOf(LIST).subarray(0, 60)), [minisign.file]);
    expect(cut.unusable).toMatchObject([{ reason: expect.stringContaining('not a signature of minisign') }]);
  });
});

describe('a signed checksum', () => {
  test('takes precedence over a stronger one that is not signed', async () => {
    const signature = await detached(LIST, known);
    const sha512 = `${createHash('sha512').update(IMAGE).digest('hex')}  a.img\n`;
    const files = { SHA256SUMS: LIST, 'SHA256SUMS.gpg': signature, SHA512SUMS: sha512 };
    expect(await word(files)).toMatchObject({
      checksum: { algorithm: 'sha256' },
      signature: { file: 'SHA256SUMS.gpg' },
    });
  });

  test('is refused where another file or the metadata give another one', async () => {
    const files = { SHA256SUMS: LIST, 'SHA256SUMS.gpg': await detached(LIST, known) };
    const error = await failure(() => word(files, undefined, 'a.img', `sha256:${sha256('other')}`));
    expect(error).toMatchObject({ code: 'checksum-conflict' });
  });

  test('is not md5', async () => {
    const md5 = `${createHash('md5').update(IMAGE).digest('hex')}  a.img\n`;
    const found = await word({ 'a.img.md5': md5, 'a.img.md5.asc': await detached(md5, known) });
    expect(found).toMatchObject({
      checksum: { weak: true },
      unusable: [{ reason: expect.stringContaining('only an md5') }],
    });
    expect(found.signature).toBeUndefined();
  });

  test('needs no look at signatures of lists that do not name the image', async () => {
    const others = { SHA512SUMS: LIST.replace('a.img', 'b.img'), 'SHA512SUMS.gpg': await detached('c', known) };
    expect(await word({ SHA256SUMS: LIST, ...others })).toEqual({
      checksum: { algorithm: 'sha256', value: sha256(IMAGE), from: 'SHA256SUMS' },
    });
  });
});
