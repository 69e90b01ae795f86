import { describe, expect, test } from '@jest/globals';
import { recordKey } from '../../lambda/model/drop.ts';
import { RECORD_PROPERTY } from '../../lambda/model/image.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { receive } from '../../lambda/model/record-changes.ts';
import { workKeys } from '../../lambda/model/unpacking.ts';
import type { ChaosCloud } from './chaos-cloud.ts';
import type { PutDrop } from './drop-driver.ts';
import { dropPlan } from './drop-plan.ts';
import { Ledger } from './ledger.ts';
import type { Survey } from './survey.ts';
import { type Done, verdictOn } from './verdict.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const CLOUDS = [
  { name: 'one', target: { name: 'one', kind: 'glance', route: 'stream', settings: {} } },
  { name: 'two', target: { name: 'two', kind: 'ims', route: 'stream', settings: {} } },
] as const;
const NOTHING_DONE: Done = {
  drops: [],
  ledger: new Ledger(),
  deliveries: new Map(),
  metadataFiles: [],
  unreconciled: [],
  unheard: [],
};
const FAILED = { outcome: 'failed', code: 'truncated' } as const;

function put(...targets: string[]): PutDrop {
  const expected = { one: FAILED, two: FAILED };
  const place = { name: 'drop 0', bucket: 'drops', key: 'a.img', id: 'v1', etag: 'e', isVersion: true, putAt: 0 };
  return { ...place, expected, targets, mayBeSuperseded: false, mayBeGone: false };
}

function failed(target: string, more: Partial<DropRecord> = {}): DropRecord {
  const drop = { bucket: 'drops', key: 'a.img', id: 'v1', etag: 'e', size: 1, droppedAt: NOW.toISOString() };
  const at = NOW.toISOString();
  const error = { code: 'truncated', message: 'It is cut.', nextStep: 'None.', retryable: false, at } as const;
  return { ...receive(drop, target, NOW), status: 'failed', error, announcedAt: at, revision: 2, nonce: 'n', ...more };
}

/** What is there: these records, each of which was told of, and an image at each of these clouds. */
function survey(records: readonly DropRecord[], imagesAt: readonly string[] = []): Survey {
  const keyed = new Map(records.map((record) => [recordKey(record.drop, record.target), record]));
  const clouds = CLOUDS.map((cloud) => {
    const image = { id: cloud.name, status: 'queued', [RECORD_PROPERTY]: `a.img/v1/${cloud.name}.json` };
    return { cloud: cloud as unknown as ChaosCloud, images: imagesAt.includes(cloud.name) ? [image] : [] };
  });
  const told = new Map([...keyed].map(([key]) => [key, [{ outcome: 'failed truncated', revision: 2 }]]));
  const nothing = {
    versions: [],
    unfinishedUploads: [],
    staged: [],
    unpacked: [],
    messages: {},
    recordsLeft: new Set<string>(),
  };
  return { ...nothing, records: keyed, clouds, told };
}

const findings = (drop: PutDrop, found: Survey) => {
  const { orphaned, lost } = verdictOn({ ...NOTHING_DONE, drops: [drop] }, found).findings;
  return { orphaned, lost };
};

describe('The verdict on a drop that goes to one of two targets', () => {
  test('misses its record there, and none at the other', () => {
    expect(findings(put('two'), survey([failed('two')]))).toEqual({ orphaned: [], lost: [] });
    expect(findings(put('two'), survey([]))).toEqual({ orphaned: [], lost: ['drop 0 at two has no record'] });
    expect(findings(put('one', 'two'), survey([failed('two')])).lost).toEqual(['drop 0 at one has no record']);
  });

  test('finds a record where it was not sent', () => {
    const { orphaned } = findings(put('two'), survey([failed('two'), failed('one')]));
    expect(orphaned).toEqual(['drop 0 at one: a record (failed), though it was not sent there']);
  });

  test('finds an image where it was not sent', () => {
    const { orphaned } = findings(put('two'), survey([failed('two')], ['one']));
    expect(orphaned).toContain('drop 0 at one: 1 images, though it was not sent there');
  });

  test('misses no record of a drop without a version whose key was written again', () => {
    const overwritten = { ...put('two'), isVersion: false, mayBeSuperseded: true };
    expect(findings(overwritten, survey([])).lost).toEqual([]);
    expect(findings({ ...overwritten, isVersion: true }, survey([])).lost).toHaveLength(1);
  });

  test('finds what is left in the work bucket', () => {
    const { leaked } = verdictOn(NOTHING_DONE, { ...survey([]), unpacked: ['0.disk'] }).findings;
    expect(leaked).toEqual(['object in the work bucket: 0.disk']);
  });

  test('misses no tag, and nothing in the work bucket, of a record whose message stays among the dead letters', () => {
    const drop = put('two');
    const { disk } = workKeys(drop);
    const untold = { versions: [{ key: drop.key, id: drop.id, tags: {} }], unpacked: [disk] };
    const of = (recordsLeft: ReadonlySet<string>) => {
      const done = { ...NOTHING_DONE, drops: [drop] };
      const { leaked, misreported } = verdictOn(done, { ...survey([failed('two')]), ...untold, recordsLeft }).findings;
      return { leaked: leaked.length, misreported: misreported.length };
    };
    expect(of(new Set())).toEqual({ leaked: 1, misreported: 1 });
    expect(of(new Set([recordKey(drop, 'two')]))).toEqual({ leaked: 0, misreported: 0 });
  });

  test('takes the word of a dead letter whose object could not be read', () => {
    const buried = failed('one', { deadLetter: 'ingest' });
    expect(findings(put('two'), survey([failed('two'), buried]))).toEqual({ orphaned: [], lost: [] });
  });
});

test('Some drops of a seed name a target, the same in each run, and the first of them whatever follows', () => {
  const plan = dropPlan(5, 200);
  const choosing = plan.filter(({ target }) => target !== undefined);
  expect(choosing.length).toBeGreaterThan(80);
  expect(choosing.length).toBeLessThan(160);
  expect(new Set(choosing.map(({ target = 0 }) => target % 2)).size).toBe(2);
  expect(dropPlan(5, 100)).toEqual(plan.slice(0, 100));
});
