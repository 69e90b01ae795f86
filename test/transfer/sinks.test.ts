import { buffer } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { httpClient } from '../../lambda/adapters/http.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { OpenRange } from '../../lambda/transfer/resuming-source.ts';
import { type Sending, type Sink, send } from '../../lambda/transfer/transfer.ts';
import { pattern } from '../support/bytes.ts';
import { answer, serve } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';
import { type Fault, faultySource } from './faulty-source.ts';

const http = httpClient();
afterAll(() => http.close());

/** More than the buffers of a socket hold. */
const BIG = 32 * 1024 * 1024;

function sending(open: OpenRange, length: number, sink: Sink): Sending {
  return {
    open,
    range: { offset: 0, length },
    algorithms: ['md5'],
    sink,
    onProgress: async () => {},
    signal: new AbortController().signal,
    sleep: async () => {},
  };
}

/** Hands the body to the HTTP client with nothing in between. */
function putTo(url: string): Sink {
  return async (body, length, signal) => {
    const headers = { 'content-length': String(length) };
    await http({ method: 'PUT', url, headers, body, signal, answerTimeoutMs: 0 });
  };
}

describe('a sink', () => {
  test('gets every byte once, wherever the source breaks', async () => {
    const fault: fc.Arbitrary<Fault> = fc.record({
      how: fc.constantFrom('refuse', 'break', 'end'),
      afterBytes: fc.integer({ min: 0, max: 300 }),
    });
    const law = fc.asyncProperty(
      fc.uint8Array({ maxLength: 500 }),
      fc.integer({ min: 1, max: 64 }),
      fc.array(fault, { maxLength: 4 }),
      async (bytes, chunkBytes, faults) => {
        let received: Buffer | undefined;
        const { open } = faultySource(Buffer.from(bytes), chunkBytes, faults);
        await send(
          sending(open, bytes.length, async (body) => {
            received = await buffer(body);
          }),
        );
        expect(received).toEqual(Buffer.from(bytes));
      },
    );
    await fc.assert(law, { numRuns: 100 });
  });

  test('may stop at the last byte without looking for the end', async () => {
    const { open } = faultySource(pattern(100), 10, []);
    const counting: Sink = async (body, length) => {
      let bytes = 0;
      await new Promise<void>((resolve) => {
        body.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes === length) resolve();
        });
      });
    };
    expect((await send(sending(open, 100, counting))).bytes).toBe(100);
  });

  test('has the word when its client destroys the body with an error of its own', async () => {
    const url = await serve((request) => void request.once('data', () => request.socket.destroy()));
    const { open, streams } = faultySource(pattern(BIG), 65_536, []);
    expect((await failure(send(sending(open, BIG, putTo(url))))).code).toBe('endpoint-unavailable');
    expect(streams[0]?.destroyed).toBe(true);
  });

  test('has no word when the source has failed first', async () => {
    const gone = new ImageDropError('object-gone', 'The object is gone.');
    const url = await serve((request) => void request.resume());
    const sink: Sink = async (...given) => {
      await putTo(url)(...given).catch(() => {});
      throw new ImageDropError('upload-interrupted', 'The upload was interrupted.');
    };
    expect(await failure(send(sending(() => Promise.reject(gone), 100, sink)))).toBe(gone);
  });

  test('never gets the whole of a source that is longer than it should be', async () => {
    let completed = false;
    const url = await serve((request, response) => {
      request.resume().once('end', () => {
        completed = true;
        answer(response, 204);
      });
    });
    const { open } = faultySource(pattern(200), 64, []);
    const tooLong: OpenRange = (range, signal) => open({ ...range, length: 200 }, signal);
    expect((await failure(send(sending(tooLong, 128, putTo(url))))).code).toBe('source-unreadable');
    expect(completed).toBe(false);
  });
});
