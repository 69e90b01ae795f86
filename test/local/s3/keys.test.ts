import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { percentEncodePath } from '../../../local/access/request-target.ts';
import { codeOf, type LocalS3, PLAIN, sendSigned, startLocalS3 } from './support/local-s3.ts';

const AWKWARD = [
  'two words and  two spaces',
  'a+b',
  '100%',
  '%2F is no slash',
  '%%41',
  'a&b=c?d#e;f',
  'quotes \' and " and `',
  '(round) [square] {curly} <angle> !*~|\\^',
  'ünïcode/日本語',
  'emoji 💿',
  '\ufeffbyte order mark',
  '..',
  '../../../etc/passwd',
  'a/../b',
  './a/.',
  'a//b',
  '/leading',
  '//',
  'trailing/',
  ' leading space and trailing ',
  'tab\tand line\r\nbreak',
  'null\0byte',
  'x'.repeat(1024),
  '💿'.repeat(256),
];

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
});
afterAll(() => local.stop());

describe('the key', () => {
  test.each(AWKWARD)('%j arrives as it is, in a request and in the listing', async (key) => {
    const path = `/${PLAIN}/${percentEncodePath(key)}`;
    const put = await sendSigned(local.server.endpoint, { method: 'PUT', path }, key);
    expect(put.status).toBe(200);
    expect((await sendSigned(local.server.endpoint, { method: 'GET', path })).text).toBe(key);
    expect(await listedKeys()).toContain(key);
  });

  test.each(AWKWARD.filter((key) => !/[\0\r\t]/.test(key)))('%j arrives from the SDK', async (Key) => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body: `of the SDK: ${Key}` }));
    const got = await local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key }));
    expect(await got.Body?.transformToString()).toBe(`of the SDK: ${Key}`);
    const { text } = await sendSigned(local.server.endpoint, {
      method: 'GET',
      path: `/${PLAIN}/${percentEncodePath(Key)}`,
    });
    expect(text).toBe(`of the SDK: ${Key}`);
  });

  test('never leads out of the folder of its bucket', async () => {
    await sendSigned(local.server.endpoint, { method: 'PUT', path: `/${PLAIN}/../../../outside` }, 'x');
    const entries = await readdir(local.folder, { recursive: true });
    expect(new Set(entries.map((entry) => entry.split('/')[0]))).toEqual(new Set(['plain', 'versioned']));
    const names = await readdir(join(local.folder, PLAIN, 'versions'));
    expect(names.every((name) => /^[0-9a-f]{64}\.null\.json$/.test(name))).toBe(true);
  });

  test('of 1,025 bytes is too long', async () => {
    const put = await sendSigned(local.server.endpoint, { method: 'PUT', path: `/${PLAIN}/${'x'.repeat(1025)}` }, 'x');
    expect([put.status, codeOf(put)]).toEqual([400, 'KeyTooLongError']);
  });

  test.each(['%', '%zz', '%ff'])('%s is not a URI', async (key) => {
    const put = await sendSigned(local.server.endpoint, { method: 'PUT', path: `/${PLAIN}/${key}` }, 'x');
    expect([put.status, codeOf(put)]).toEqual([400, 'InvalidURI']);
  });

  test('may come in virtual-hosted style', async () => {
    const { port } = new URL(local.server.endpoint);
    const headers = { host: `${PLAIN}.localhost:${port}` };
    const put = await sendSigned(local.server.endpoint, { method: 'PUT', path: '/by%20host//name', headers }, 'x');
    expect(put.status).toBe(200);
    expect(await listedKeys()).toContain('by host//name');
  });
});

/** With encoding-type=url, the only way in which every key can be shown. */
async function listedKeys(): Promise<string[]> {
  const list = new ListObjectsV2Command({ Bucket: PLAIN, EncodingType: 'url' });
  const { Contents = [] } = await local.s3.send(list);
  return Contents.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' ')));
}
