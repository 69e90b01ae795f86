import { describe, expect, test } from '@jest/globals';
import { type Drop, recordKey } from '../../lambda/model/drop.ts';
import { imageId } from '../../lambda/model/new-image.ts';
import type { FaultyRequest } from '../../local/contributing/faults/fault.ts';
import { ChaosFaults } from './chaos-faults.ts';
import { dropPlan, PACKINGS } from './drop-plan.ts';
import { Subjects } from './subjects.ts';

const BUCKETS = { drops: 'drops', records: 'records', work: 'work' };
const TARGET = 'cloud';

/** What versions are called is another in each run. */
const dropsOf = (run: string): Drop[] =>
  dropPlan(1, 40).map(({ key, index }) => {
    const id = `${run}-${index}`;
    return { bucket: BUCKETS.drops, key, id, versionId: id, etag: 'etag', size: 1, droppedAt: '2026-01-01T00:00:00Z' };
  });

function request(method: string, url: string): FaultyRequest {
  return { method, url, headers: { 'content-length': '500' }, from: '127.1.0.1', body: undefined };
}

/** What goes wrong when each drop is read, written and handed on ten times, one drop after the other or in reverse. */
function faultsOf(seed: number, run: string, isReversed = false) {
  const faults = new ChaosFaults({ seed, wants: () => true, compileCache: '' });
  faults.subjects.targets = [TARGET];
  const decide = faults.requests.decide('s3', () => BUCKETS, 'http://127.0.0.1');
  const drops = dropsOf(run);
  drops.forEach((drop, index) => {
    faults.subjects.learn(`drop ${index}`, drop);
  });
  for (const drop of isReversed ? drops.toReversed() : drops) {
    const record = recordKey(drop, TARGET);
    const message = { MessageId: 'id', ReceiptHandle: 'handle', Body: JSON.stringify({ record }), MD5OfBody: '' };
    for (let times = 0; times < 10; times++) {
      decide(request('GET', `/records/${encodeURIComponent(record)}`));
      decide(request('PUT', `/records/${encodeURIComponent(record)}`));
      decide(request('GET', `/drops/${encodeURIComponent(drop.key)}?versionId=${drop.id}`));
      faults.messages.received('arn:aws:sqs:us-east-1:000000000000:Upload', message);
    }
  }
  return faults.counts();
}

describe('The faults of a run', () => {
  test('are the same for the same seed, whatever versions are called and in whatever order requests come', () => {
    const first = faultsOf(1, 'first');
    expect(first.filter(([, times]) => times > 0).length).toBeGreaterThan(10);
    expect(faultsOf(1, 'second')).toEqual(first);
    expect(faultsOf(1, 'third', true)).toEqual(first);
  });

  test('are others for another seed', () => {
    expect(faultsOf(2, 'first')).not.toEqual(faultsOf(1, 'first'));
  });
});

describe('The subjects of a run', () => {
  test('include a drop at a target that is deployed after it', () => {
    const subjects = new Subjects();
    subjects.targets = [TARGET];
    const [drop] = dropsOf('first') as [Drop];
    subjects.learn('drop 0', drop, [TARGET, 'late']);
    expect(subjects.ofImage(imageId(drop, 'late', 1))).toBe('drop 0 at late');
  });
});

describe('The drops of a run', () => {
  test('are the same for the same seed, and the first of a longer run', () => {
    expect(dropPlan(7, 50)).toEqual(dropPlan(7, 80).slice(0, 50));
  });

  test('are others for another seed', () => {
    expect(dropPlan(8, 50)).not.toEqual(dropPlan(7, 50));
  });

  test('hold every thing that a user may do', () => {
    const drops = dropPlan(1, 300);
    expect(drops.some(({ replaces }) => replaces !== undefined)).toBe(true);
    expect(drops.some(({ deletedAfterMs }) => deletedAfterMs !== undefined)).toBe(true);
    expect(drops.some(({ content }) => content.kind === 'bad')).toBe(true);
    for (const packing of PACKINGS) expect(drops.some((drop) => drop.packing === packing)).toBe(true);
    expect(drops.some(({ content }) => content.kind === 'sound' && content.diskBytes > 2 ** 24)).toBe(true);
  });
});
