import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { uploadBody } from '../../lambda/endpoints/image-file.ts';

describe('the body of an upload', () => {
  test('does not blame its source when the HTTP client destroys it', async () => {
    const source = new PassThrough();
    const body = uploadBody(source, 100);
    source.write('abc');
    const closed = once(source, 'close');
    body.stream.destroy(new Error('socket hang up'));
    await closed;
    expect(body.failure()).toBeUndefined();
  });

  test('blames its source when that is closed before its end', async () => {
    const source = new PassThrough();
    const body = uploadBody(source, 100);
    source.destroy();
    await new Promise((resolve) => body.stream.once('close', resolve));
    expect(body.failure()).toMatchObject({ code: 'source-unreadable' });
  });

  test('gives up its source when it is closed', async () => {
    const source = new PassThrough();
    const closed = once(source, 'close');
    uploadBody(source, 100).close();
    await closed;
    expect(source.destroyed).toBe(true);
  });
});
