import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checksumAndSignature, signatureVerifier } from '../../lambda/publisher/signature.ts';
import { LAYOUTS } from '../support/checksum-layouts.ts';
import { failure } from '../support/outcome.ts';
import { checksumFile } from '../support/signing.ts';

const IMAGE = Buffer.from('an image');
const LIST = `${createHash('sha256').update(IMAGE).digest('hex')}  a.img\n`;

/** A key that gpg makes, by its kind. */
const KEYS = { ed25519: 'ed25519@example.org', rsa3072: 'rsa3072@example.org' } as const;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'gpg-'));
  for (const [kind, user] of Object.entries(KEYS))
    gpg(['--passphrase', '', '--quick-gen-key', user, kind, 'sign', 'never']);
});
afterAll(() => {
  execFileSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: home } });
  rmSync(home, { recursive: true });
});

/** @returns what gpg writes to its output */
function gpg(options: readonly string[], input = ''): Buffer {
  const quiet = ['--batch', '--quiet', '--yes', '--pinentry-mode', 'loopback'];
  return execFileSync('gpg', [...quiet, ...options], {
    input,
    env: { ...process.env, GNUPGHOME: home },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

const keyOf = (user: string) => ({ name: user, bytes: gpg(['--export', user]) });
const fingerprintOf = (user: string) =>
  /^fpr:+(\w+):/m.exec(gpg(['--with-colons', '--list-keys', user]).toString())?.[1];

function word(files: Readonly<Record<string, Buffer | string>>, user: string, name = 'a.img') {
  const read = Object.entries(files).map(([key, content]) => checksumFile(key, content));
  return checksumAndSignature(
    name,
    undefined,
    read,
    signatureVerifier([keyOf(user)], () => new Date()),
  );
}

const FORMS = { armored: ['--armor', '--detach-sign'], binary: ['--detach-sign'], clearsigned: ['--clearsign'] };

describe.each(Object.values(KEYS))('what gpg signs with the key of %s', (user) => {
  test.each(LAYOUTS)('counts in the layout of $publisher, and not with another byte', async (layout) => {
    const { image, name, text, list = text, algorithm, signature } = layout;
    const signed = gpg([...FORMS[signature.form], '-u', user], list(IMAGE));
    const file = `${name}${signature.ending ?? ''}`;
    const files = { ...(signature.ending !== undefined && { [name]: list(IMAGE) }), [file]: signed };
    const found = await word(files, user, image);
    expect(found).toMatchObject({ signature: { key: fingerprintOf(user), by: user, file } });
    expect(found.checksum?.value).toBe(createHash(algorithm).update(IMAGE).digest('hex'));
    const forged = list(Buffer.from('another image'));
    const changed =
      signature.form === 'clearsigned' ? signed.toString().replace(list(IMAGE).trim(), forged.trim()) : forged;
    const error = await failure(() =>
      word({ [file]: signed, [signature.form === 'clearsigned' ? file : name]: changed }, user, image),
    );
    expect(error).toMatchObject({ code: 'signature-invalid' });
  });
});

describe('a signature of gpg', () => {
  const detached = (options: readonly string[], text = LIST) => gpg([...options, '--detach-sign'], text);
  const files = (signature: Buffer) => ({ SHA256SUMS: LIST, 'SHA256SUMS.gpg': signature });

  test('by two keys counts by the one that is in the settings', async () => {
    const both = detached(['-u', KEYS.ed25519, '-u', KEYS.rsa3072]);
    for (const user of Object.values(KEYS))
      expect(await word(files(both), user)).toMatchObject({ signature: { by: user } });
  });

  test('in the mode for texts counts', async () => {
    const signature = gpg(['--textmode', '-u', KEYS.rsa3072, '--detach-sign'], LIST);
    expect(await word(files(signature), KEYS.rsa3072)).toMatchObject({ signature: { by: KEYS.rsa3072 } });
  });

  test('over SHA-1 is not accepted', async () => {
    const signature = detached(['-u', KEYS.rsa3072, '--digest-algo', 'SHA1']);
    expect((await word(files(signature), KEYS.rsa3072)).unusable).toMatchObject([
      { code: 'signature-not-accepted', reason: expect.stringContaining('SHA1') },
    ]);
  });

  test('that has expired is not accepted, and one of a key that expired later is', async () => {
    const user = 'old@example.org';
    const then = ['--faked-system-time', '20250101T000000'];
    gpg([...then, '--passphrase', '', '--quick-gen-key', user, 'ed25519', 'sign', '2d']);
    expect(await word(files(detached([...then, '-u', user])), user)).toMatchObject({ signature: { by: user } });
    const expired = detached([...then, '-u', user, '--default-sig-expire', '1d']);
    expect((await word(files(expired), user)).unusable).toMatchObject([
      { code: 'signature-not-accepted', reason: expect.stringContaining('expired') },
    ]);
  });

  test('by a revoked key is not accepted', async () => {
    const user = 'revoked@example.org';
    gpg(['--passphrase', '', '--quick-gen-key', user, 'ed25519', 'sign', 'never']);
    const signature = detached(['-u', user]);
    const folder = join(home, 'openpgp-revocs.d');
    const file = readdirSync(folder).find((each) => each.startsWith(fingerprintOf(user) ?? '-')) ?? '';
    const certificate = join(home, 'revoke.asc');
    writeFileSync(certificate, readFileSync(join(folder, file), 'utf8').replace(':-----BEGIN', '-----BEGIN'));
    gpg(['--import', certificate]);
    const { unusable } = await word(files(signature), user);
    expect(unusable).toMatchObject([{ code: 'signature-not-accepted', reason: expect.stringContaining('revoked') }]);
  });
});
