import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Target } from '../../../lambda/model/target.ts';
import { resolvePublisherKeys } from '../../../lib/settings/publisher-keys.ts';
import { newMinisign, newPublisher, type Publisher } from '../../support/signing.ts';

let folder: string;
let publisher: Publisher;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-keys-'));
  publisher = await newPublisher('known');
});
afterAll(() => rmSync(folder, { recursive: true }));

function resolved(content: Buffer | string) {
  const path = join(folder, 'key');
  writeFileSync(path, content);
  return resolvePublisherKeys([path], []);
}

test('are read from files: OpenPGP, armored and binary, and minisign', () => {
  const keys = [publisher.file.bytes, Buffer.from(publisher.key.toPublic().write()), newMinisign().file.bytes];
  for (const key of keys) expect(resolved(key)).toEqual({ [join(folder, 'key')]: key.toString('base64') });
});

test('are none by default', () => {
  expect(resolvePublisherKeys(undefined, [])).toBeUndefined();
});

test('are needed by a target that requires signatures', () => {
  const strict = { name: 'mycloud', require: 'signature' } as Target;
  expect(() => resolvePublisherKeys([], [strict])).toThrow(
    'targets.mycloud.require is "signature": name the keys as publisherKeys, too.',
  );
});

test.each<[string, () => Buffer | string, string]>([
  ['an error page', () => '<html>', 'it is not a key of OpenPGP or minisign'],
  ['an armored private key', () => publisher.key.armor(), 'it holds a private key'],
  ['a binary private key', () => Buffer.from(publisher.key.write()), 'it holds a private key'],
  [
    'the secret key of minisign',
    () => 'untrusted comment: minisign encrypted secret key\nRWRT',
    'it holds a private key',
  ],
  ['more than a keyring', () => Buffer.alloc(2 ** 20 + 1), 'is the most'],
])('are refused before the deployment: %s', (_what, content, reason) => {
  expect(() => resolved(content())).toThrow(reason);
});

test('are refused where a file is missing', () => {
  expect(() => resolvePublisherKeys(['no/such.asc'], [])).toThrow(
    'publisherKeys is "no/such.asc": the file cannot be read',
  );
});
