import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { type OpenRange, resumingSource, type Sleep } from '../../lambda/transfer/resuming-source.ts';
import { pattern } from '../support/bytes.ts';
import { failure } from '../support/outcome.ts';
import { type Fault, faultySource } from './faulty-source.ts';

const AWKWARD_CHUNK_BYTES = [1, 3, 7, 13, 64];
const noPause: Sleep = async () => {};

const everything = (length: number) => ({ offset: 0, length });

/** Gives its bytes and then neither more nor an end. */
function openEnded(bytes: Buffer): Readable {
  const stream = new Readable({ read() {} });
  stream.push(bytes);
  return stream;
}

describe('a source that works', () => {
  test.each(AWKWARD_CHUNK_BYTES)('gives every byte once when it comes in chunks of %i', async (chunkBytes) => {
    const content = pattern(1000);
    const { open, openings } = faultySource(content, chunkBytes, []);
    expect(await buffer(resumingSource(open, everything(1000), noPause))).toEqual(content);
    expect(openings).toEqual([everything(1000)]);
  });

  test('gives only the range that was asked for', async () => {
    const { open } = faultySource(pattern(1000), 64, []);
    const source = resumingSource(open, { offset: 100, length: 300 }, noPause);
    expect(await buffer(source)).toEqual(pattern(1000).subarray(100, 400));
  });

  test('is not opened for an empty range', async () => {
    const { open, openings } = faultySource(pattern(10), 1, []);
    expect(await buffer(resumingSource(open, { offset: 5, length: 0 }, noPause))).toHaveLength(0);
    expect(openings).toEqual([]);
  });

  test('is not opened before someone reads', async () => {
    const { open, openings } = faultySource(pattern(10), 1, []);
    const source = resumingSource(open, everything(10), noPause);
    await pause(5);
    expect(openings).toEqual([]);
    source.destroy();
  });
});

describe('a source that breaks', () => {
  test('is opened again at the byte where it broke', async () => {
    const { open, openings } = faultySource(pattern(1000), 64, [
      { how: 'break', afterBytes: 128 },
      { how: 'end', afterBytes: 64 },
      { how: 'refuse', afterBytes: 0 },
    ]);
    expect(await buffer(resumingSource(open, { offset: 100, length: 900 }, noPause))).toEqual(
      pattern(1000).subarray(100),
    );
    expect(openings).toEqual([
      { offset: 100, length: 900 },
      { offset: 228, length: 772 },
      { offset: 292, length: 708 },
      { offset: 292, length: 708 },
    ]);
  });

  test('gives every byte once, wherever it breaks, and leaves nothing open', async () => {
    const fault: fc.Arbitrary<Fault> = fc.record({
      how: fc.constantFrom('refuse', 'break', 'end'),
      afterBytes: fc.integer({ min: 0, max: 400 }),
    });
    const law = fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 1000 }),
      fc.constantFrom(...AWKWARD_CHUNK_BYTES),
      fc.array(fault, { maxLength: 4 }),
      async (bytes, chunkBytes, faults) => {
        const content = Buffer.from(bytes);
        const { open, openings, streams } = faultySource(content, chunkBytes, faults);
        expect(await buffer(resumingSource(open, everything(content.length), noPause))).toEqual(content);
        expect(openings.every(({ offset, length }) => offset + length === content.length)).toBe(true);
        expect(streams.every(({ destroyed }) => destroyed)).toBe(true);
      },
    );
    await fc.assert(law, { numRuns: 200 });
  });

  test('is complete when it breaks only after its last byte', async () => {
    const { open, openings } = faultySource(pattern(100), 10, [{ how: 'break', afterBytes: 100 }]);
    expect(await buffer(resumingSource(open, everything(100), noPause))).toEqual(pattern(100));
    expect(openings).toHaveLength(1);
  });

  test('is given up after five openings in a row without a byte', async () => {
    const refusals = Array.from({ length: 9 }, (): Fault => ({ how: 'refuse', afterBytes: 0 }));
    const { open, openings } = faultySource(pattern(100), 10, [{ how: 'break', afterBytes: 30 }, ...refusals]);
    const error = await failure(buffer(resumingSource(open, everything(100), noPause)));
    expect(error.code).toBe('source-unreadable');
    expect(error.message).toContain('byte 30 of 100');
    expect(openings).toHaveLength(5);
  });

  test('may break as often as it likes while each opening brings bytes', async () => {
    const faults = Array.from({ length: 20 }, (): Fault => ({ how: 'break', afterBytes: 5 }));
    const { open, openings } = faultySource(pattern(100), 5, faults);
    expect(await buffer(resumingSource(open, everything(100), noPause))).toEqual(pattern(100));
    expect(openings).toHaveLength(20);
  });

  test('is left in peace for longer after every failure', async () => {
    const pauses: number[] = [];
    const refuse: OpenRange = () => Promise.reject(new Error('refused'));
    const noting: Sleep = async (milliseconds) => void pauses.push(milliseconds);
    await failure(buffer(resumingSource(refuse, everything(1), noting)));
    expect(pauses).toEqual([200, 400, 800, 1600]);
  });

  test('is opened again after an error of the family that may pass, and names it at the end', async () => {
    let openings = 0;
    const busy = new ImageDropError('source-unreadable', 'S3 did not give it: status 503, SlowDown.');
    const open: OpenRange = () => {
      openings += 1;
      return Promise.reject(busy);
    };
    const error = await failure(buffer(resumingSource(open, everything(1), noPause)));
    expect(error).toMatchObject({ code: 'source-unreadable', retryable: true, cause: busy });
    expect(openings).toBe(5);
  });

  test.each(['object-gone', 'object-changed'] as const)('is not opened again after %s', async (code) => {
    let openings = 0;
    const gone = new ImageDropError(code, 'It is no longer what it was.');
    const open: OpenRange = () => {
      openings += 1;
      return Promise.reject(gone);
    };
    expect(await failure(buffer(resumingSource(open, everything(1), noPause)))).toBe(gone);
    expect(openings).toBe(1);
  });
});

describe('a source that gives more than was asked for', () => {
  test.each(AWKWARD_CHUNK_BYTES)('fails before the reader has the whole, in chunks of %i', async (chunkBytes) => {
    const { open } = faultySource(pattern(200), chunkBytes, []);
    const source = resumingSource((range, signal) => open({ ...range, length: 200 }, signal), everything(64), noPause);
    let read = 0;
    const reading = (async () => {
      for await (const chunk of source) read += chunk.length;
    })();
    const error = await failure(reading);
    expect(error.message).toContain('more than the 64 bytes');
    expect(error.retryable).toBe(false);
    expect(read).toBeLessThan(64);
  });
});

describe('a reader', () => {
  test('that does not read makes the source wait', async () => {
    const produced = { bytes: 0 };
    const endless = new Readable({
      read() {
        produced.bytes += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    const source = resumingSource(async () => endless, everything(2 ** 30), noPause);
    source.read(1);
    await pause(20);
    expect(produced.bytes).toBeLessThan(1024 * 1024);
    source.destroy();
  });

  test('that goes away destroys the open stream', async () => {
    const stream = openEnded(pattern(10));
    const source = resumingSource(async () => stream, everything(100), noPause);
    await new Promise((resolve) => source.once('data', resolve));
    source.destroy();
    expect(stream.destroyed).toBe(true);
  });

  test('that goes away while the source is being opened ends the opening', async () => {
    let told: AbortSignal | undefined;
    const source = resumingSource(
      (_range, signal) => {
        told = signal;
        return new Promise(() => {});
      },
      everything(100),
      noPause,
    );
    source.read();
    source.destroy();
    expect(told?.aborted).toBe(true);
  });

  test('that has gone when the opening fails makes no further try', async () => {
    const opening = Promise.withResolvers<Readable>();
    const pauses: number[] = [];
    const noting: Sleep = async (milliseconds) => void pauses.push(milliseconds);
    const source = resumingSource(() => opening.promise, everything(100), noting);
    source.read();
    source.destroy();
    opening.reject(new Error('refused'));
    await pause(1);
    expect(pauses).toEqual([]);
  });

  test('that has gone when the opening succeeds leaves no stream behind', async () => {
    const opening = Promise.withResolvers<Readable>();
    const source = resumingSource(() => opening.promise, everything(100), noPause);
    source.read();
    source.destroy();
    const stream = openEnded(pattern(10));
    opening.resolve(stream);
    await pause(1);
    expect(stream.destroyed).toBe(true);
  });

  test('that goes away during a pause is not kept waiting, and nothing is opened any more', async () => {
    let openings = 0;
    const refuse: OpenRange = () => {
      openings += 1;
      return Promise.reject(new Error('refused'));
    };
    const source = resumingSource(refuse, everything(1));
    source.read();
    await pause(1);
    source.destroy();
    await pause(250);
    expect(openings).toBe(1);
  });
});
