import { Metrics } from '@aws-lambda-powertools/metrics';
import { expect, jest, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { fail, moveTo, receive } from '../../lambda/model/record-changes.ts';
import { outcomeMetrics } from '../../lambda/runtime/metrics.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

const { now, objects } = new MemoryWorld();
const object = objects.put('a.img', rawDisk());
const received = receive({ ...object, id: 'v1', droppedAt: now().toISOString() }, 'mycloud', now());
const stored = (draft: typeof received): DropRecord => ({ ...draft, revision: 1, nonce: 'n' });

/** What is written to CloudWatch in the embedded metric format: values by name, with their dimensions. */
function counted(record: DropRecord) {
  const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  outcomeMetrics(new Metrics({ namespace: 'ImageDrop' }))(record);
  const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)));
  written.mockRestore();
  return lines.map(({ _aws, service, ...values }) => values);
}

test('an active drop is counted with its bytes', () => {
  expect(counted(stored(moveTo(received, 'active', now())))).toEqual([
    { target: 'mycloud', DropsActive: 1 },
    { target: 'mycloud', BytesActive: 4096 },
  ]);
});

test('a failed one with its code', () => {
  expect(counted(stored(fail(received, new ImageDropError('empty', 'No bytes.'), now())))).toEqual([
    { target: 'mycloud', DropsFailed: 1 },
    { target: 'mycloud', code: 'empty', DropFailures: 1 },
  ]);
});
