import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { IS_THOROUGH } from '../support/laws.ts';
import { explore } from './explorer.ts';
import type { Aftermath } from './image-service.ts';
import { DropScenario, type DropSettings, type QueueName } from './scenario.ts';

/** On a busy machine a timer would fire in one run of a schedule and not in the other. */
beforeAll(() => {
  jest.useFakeTimers({ doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'] });
});
afterAll(() => {
  jest.useRealTimers();
});

const WORKERS: readonly (readonly [QueueName, QueueName, QueueName])[] = [
  ['ingestQueue', 'ingestQueue', 'ingestQueue'],
  ['uploadQueue', 'uploadQueue', 'uploadQueue'],
  ['uploadQueue', 'uploadQueue', 'ingestQueue'],
  ['uploadQueue', 'uploadQueue', 'statusQueue'],
  ['statusQueue', 'statusQueue', 'statusQueue'],
  ['statusQueue', 'statusQueue', 'uploadQueue'],
];
const AFTERMATHS: readonly Aftermath[] = ['queued', 'saving', 'active'];

const CASES: readonly DropSettings[] = WORKERS.flatMap(([from, ...workers]) => {
  const given = { from, workers } as const;
  return [
    ...AFTERMATHS.map((aftermath) => ({ ...given, route: 'stream', aftermath }) as const),
    { ...given, route: 'import', aftermath: 'queued' },
    { ...given, route: 'stream', aftermath: 'queued', breaksFirst: true },
    { ...given, route: 'stream', aftermath: 'queued', vanishes: true },
    { ...given, route: 'stream', aftermath: 'queued', findsBy: 'property' },
    { ...given, route: 'stream', aftermath: 'queued', findsBy: 'property', vanishes: true },
  ];
});

/** Departures from the plain order; three take some minutes for all cases, and find nothing more. */
const DEPARTURES = 2;

function exploreDrop(settings: DropSettings, departures = DEPARTURES) {
  return explore(async () => {
    const scenario = new DropScenario(settings);
    await scenario.prepare();
    return scenario;
  }, departures);
}

/** Each case takes seconds: only the suite `laws` explores more than one. */
const EXPLORED = IS_THOROUGH ? CASES : CASES.slice(1, 2);

describe('one drop becomes one image, under every schedule of two workers, a crash, an end of time and one that is overtaken', () => {
  test.each(EXPLORED)(
    '$route, workers on $workers, an abandoned upload $aftermath, first image broken: $breaksFirst, object deleted: $vanishes, own image found by $findsBy',
    async (settings) => {
      const { runs, findings } = await exploreDrop(settings);
      expect(findings.slice(0, 3)).toEqual([]);
      expect(runs).toBeGreaterThan(100);
    },
  );
});

test('the explorer finds the second image of a service that does not let us choose ids', async () => {
  const workers: QueueName[] = ['ingestQueue', 'ingestQueue'];
  const settings = { route: 'stream', aftermath: 'queued', from: 'ingestQueue', workers, findsBy: 'nothing' } as const;
  const { findings } = await exploreDrop(settings);
  expect(findings.flatMap(({ violations }) => violations)).toContain('the drop is active with 2 images');
});

const REFUSING: readonly DropSettings[] = [
  // While the broken image cannot be deleted, no other is created.
  { refuses: { call: 'delete', code: 'forbidden' }, breaksFirst: true, mayFailWith: 'forbidden' },
  { refuses: { call: 'delete', code: 'endpoint-busy', wholeTarget: true }, breaksFirst: true },
  { refuses: { call: 'create', code: 'invalid-request' }, mayFailWith: 'invalid-request' },
  { refuses: { call: 'create', code: 'endpoint-busy', wholeTarget: true } },
  { refuses: { call: 'get', code: 'forbidden' }, mayFailWith: 'forbidden' },
  { refuses: { call: 'upload', code: 'content-refused' }, mayFailWith: 'content-refused' },
  { refuses: { call: 'upload', code: 'endpoint-unavailable', wholeTarget: true } },
].flatMap((refusal) =>
  WORKERS.map(
    ([from, ...workers]) => ({ ...refusal, from, workers, route: 'stream', aftermath: 'queued' }) as DropSettings,
  ),
);

const FROM_STORAGE: readonly DropSettings[] = (['register', 'fast-import'] as const).flatMap((route) =>
  WORKERS.map(([from, ...workers]) => ({ route, from, workers, aftermath: 'queued' }) as const),
);

const RECONCILING: readonly DropSettings[] = (['ingestQueue', 'uploadQueue', 'statusQueue'] as const).flatMap((from) =>
  (['stream', 'import', 'register', 'fast-import'] as const).map(
    (route) => ({ route, from, workers: [from, 'reconcile'], aftermath: 'queued' }) as const,
  ),
);

const PACKED: readonly DropSettings[] = (
  [
    ['unpackQueue', 'unpackQueue', 'unpackQueue'],
    ['unpackQueue', 'unpackQueue', 'ingestQueue'],
    ['unpackQueue', 'unpackQueue', 'statusQueue'],
    ['unpackQueue', 'unpackQueue', 'reconcile'],
    ['statusQueue', 'statusQueue', 'unpackQueue'],
  ] as const
).map(([from, ...workers]) => ({
  from,
  workers,
  route: 'stream',
  aftermath: 'queued',
  isPacked: true,
  mayFailWith: 'out-of-time',
}));

describe('a packed drop becomes one image, and nothing of it is left in the work bucket', () => {
  // Two departures take a minute for each case, and find nothing more.
  test.each(IS_THOROUGH ? PACKED : PACKED.slice(0, 1))('workers on $workers', async (settings) => {
    const { findings } = await exploreDrop(settings, 1);
    expect(findings.slice(0, 3)).toEqual([]);
  });
});

const DEEPER = [...REFUSING, ...FROM_STORAGE, ...RECONCILING];

describe('one drop becomes one image where the service refuses a call, reads from storage, or reconcile works beside', () => {
  test.each(IS_THOROUGH ? DEEPER : DEEPER.filter((_, index) => index % 18 === 0))(
    '$route, workers on $workers, refused: $refuses',
    async (settings) => {
      const { findings } = await exploreDrop(settings);
      expect(findings.slice(0, 3)).toEqual([]);
    },
  );
});
