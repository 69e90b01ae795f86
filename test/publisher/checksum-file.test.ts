import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { checksumsIn, MAX_CHECKSUM_FILE_BYTES } from '../../lambda/publisher/checksum-file.ts';
import { expectedChecksum } from '../../lambda/publisher/expected-checksum.ts';
import { LAYOUTS } from '../support/checksum-layouts.ts';
import { failure } from '../support/outcome.ts';

const IMAGE = Buffer.from('an image');
const hashOf = (algorithm: string, bytes = IMAGE): string => createHash(algorithm).update(bytes).digest('hex');
const SHA256 = hashOf('sha256');

const file = (name: string, text: string | Buffer) => {
  const bytes = Buffer.from(text);
  return { name, size: bytes.length, ...(bytes.length <= MAX_CHECKSUM_FILE_BYTES && { bytes }) };
};

describe.each(LAYOUTS)('the checksum file of $publisher', ({ image, name, algorithm, text }) => {
  test('gives the checksum of the image', () => {
    const expected = expectedChecksum(image, undefined, [file(`linux/${name}`, text(IMAGE))]);
    expect(expected).toEqual({ checksum: { algorithm, value: hashOf(algorithm), from: `linux/${name}` } });
  });

  test('says nothing of an image of another name', () => {
    expect(expectedChecksum(`a-${image}`, undefined, [file(name, text(IMAGE))]).checksum).toBeUndefined();
  });
});

describe('a checksum file', () => {
  test('may have Windows line ends, comments, empty lines and names with ./', () => {
    const text = `# of today\r\n\r\n${SHA256}  ./a.img\r\n`;
    expect(checksumsIn(file('SHA256SUMS', text))).toEqual([{ name: 'a.img', algorithm: 'sha256', value: SHA256 }]);
  });

  test('beside its image may be a lone hash, in capitals too', () => {
    const listed = checksumsIn(file('linux/a.img.sha256', `${SHA256.toUpperCase()}\n`));
    expect(listed).toEqual([{ name: 'a.img', algorithm: 'sha256', value: SHA256 }]);
  });

  test('with many beginnings of signatures is refused within a moment', () => {
    const armor = '-----BEGIN PGP SIGNED MESSAGE-----\n\n-----BEGIN PGP SIGNATURE-----\n';
    const hostile = armor.repeat(Math.floor(MAX_CHECKSUM_FILE_BYTES / armor.length));
    expect(() => checksumsIn(file('x-CHECKSUM', hostile))).toThrow('its signed part is not complete');
  });

  test('escapes names as GNU coreutils does', () => {
    expect(checksumsIn(file('SHA256SUMS', `\\${SHA256}  a\\\\b\\nc.img`))).toMatchObject([{ name: 'a\\b\nc.img' }]);
  });

  test.each([
    ['an HTML page', '<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n', 'line 1 is not a checksum'],
    ['a page behind a checksum', `${SHA256}  a.img\n<html>\n`, 'line 2 is not a checksum'],
    ['JSON', '{"sha256": "00"}', 'line 1 is not a checksum'],
    ['nothing', '\n', 'it has no checksum'],
    ['a hash that is cut', `${SHA256.slice(1)}  a.img`, 'line 1 is not a checksum'],
    ['a hash of another length than its algorithm', `SHA512 (a.img) = ${SHA256}`, 'line 1 is not a checksum'],
    ['a lone hash for a whole folder', SHA256, 'line 1 is not a checksum'],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x00]), 'it is not text in UTF-8'],
    ['more than is read', '#'.repeat(MAX_CHECKSUM_FILE_BYTES + 1), 'is the most that is read'],
    ['a signed part without its end', `-----BEGIN PGP SIGNED MESSAGE-----\n\n${SHA256}  a.img\n`, 'signed part'],
  ])('is refused where it is %s', async (_what, text, reason) => {
    const error = await failure(async () => checksumsIn(file('SHA256SUMS', text)));
    expect(error).toMatchObject({ code: 'bad-metadata', message: expect.stringContaining(reason) });
  });

  test('that is clearsigned counts only within its signed part', () => {
    const signed = LAYOUTS.find(({ publisher }) => publisher === 'Fedora')?.text(IMAGE) ?? '';
    const forged = `SHA256 (evil.qcow2) = ${SHA256}\n`;
    const names = checksumsIn(file('CHECKSUM', forged + signed + forged)).map(({ name }) => name);
    expect(names).not.toContain('evil.qcow2');
  });
});

describe('the checksum that is expected', () => {
  const sums = (algorithm: string, name = 'a.img', bytes = IMAGE) => `${hashOf(algorithm, bytes)}  ${name}\n`;

  test('is the strongest one; md5 is weak', () => {
    const md5 = file('a.img.md5', sums('md5'));
    const sha512 = file('SHA512SUMS', sums('sha512'));
    expect(expectedChecksum('a.img', `sha256:${SHA256}`, [md5, sha512]).checksum).toMatchObject({
      algorithm: 'sha512',
    });
    expect(expectedChecksum('a.img', `SHA256:${SHA256}`, [md5]).checksum).toEqual({
      algorithm: 'sha256',
      value: SHA256,
      from: 'metadata',
    });
    expect(expectedChecksum('a.img', undefined, [md5]).checksum).toMatchObject({ algorithm: 'md5', weak: true });
  });

  test('is refused where two places give different ones', async () => {
    const other = file('SHA256SUMS', sums('sha256', 'a.img', Buffer.from('other')));
    const error = await failure(async () => expectedChecksum('a.img', `sha256:${SHA256}`, [other]));
    expect(error).toMatchObject({ code: 'checksum-conflict', message: expect.stringContaining('SHA256SUMS gives') });
  });

  test('comes without files that cannot be used, which are named', () => {
    const files = [file('a.img.sha256', '<html>'), file('a.img.md5', sums('md5', 'b.img'))];
    expect(expectedChecksum('a.img', undefined, files)).toEqual({
      unusable: [
        { key: 'a.img.sha256', reason: expect.stringContaining('not a checksum file') },
        { key: 'a.img.md5', reason: 'a.img.md5 does not name a.img.' },
      ],
    });
  });
});
