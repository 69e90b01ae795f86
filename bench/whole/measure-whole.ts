import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inTurns } from '../../bin/in-turns.ts';
import { dropFile } from '../../bin/upload/upload-file.ts';
import type { Pipeline } from '../../test/pipeline/pipeline.ts';
import { rawDisk } from '../../test/support/disk.ts';
import { writeRandomDisk } from '../../test/support/disk-files.ts';
import type { Part, Row } from '../measure/row.ts';
import { runScript } from '../measure/run.ts';
import { alternate, quantile, summary } from '../measure/samples.ts';
import type { RealCloud, RealOpenStack } from './real-cloud.ts';

const MIB = 2 ** 20;

export interface WholeOptions {
  readonly large: { readonly bytes: number; readonly rounds: number };
  /** Drops of 1 MiB, one after the other. */
  readonly small: { readonly count: number };
  /** Drops of 1 MiB, all at once, in so many rounds; the shell loops do as many as it takes to know their pace. */
  readonly many: {
    readonly count: number;
    readonly rounds: number;
    readonly byCurl: number;
    readonly byClient: number;
  };
}

/** The whole pipeline at a real Keystone and Glance, beside those who bring the file there themselves. */
export async function measureWhole(cloud: RealCloud, options: WholeOptions): Promise<Part> {
  const parts = [
    await measureLarge(cloud, options.large),
    await measureSmall(cloud, options.small.count),
    await measureMany(cloud, options.many),
  ];
  return { rows: parts.flatMap(({ rows }) => rows), details: parts.map(({ details }) => details) };
}

async function measureLarge({ pipeline, folder, openStack }: RealCloud, options: WholeOptions['large']): Promise<Part> {
  const { bytes, rounds } = options;
  const file = join(folder, 'large.img');
  await writeRandomDisk(file, bytes);
  const curl = new CurlClient(openStack);
  const ours = async (round: number) => {
    const key = `large/${round}.img`;
    const versionId = await dropFile(pipeline.s3, pipeline.dropBucket, { path: file, key, size: bytes });
    const seconds = await active(pipeline, { key, versionId }, Date.now());
    await openStack.removeImages();
    return seconds;
  };
  const theirs = async () => {
    const seconds = await curl.upload(await curl.create('large'), file);
    await openStack.removeImages();
    return seconds;
  };
  await ours(-1);
  const results = await alternate(
    [
      { name: 'imagedrop', run: ours },
      { name: 'curl -T', run: theirs },
    ],
    rounds,
  );
  const [mine, other] = [summary(results.get('imagedrop') ?? []), summary(results.get('curl -T') ?? [])];
  const measure = `drop to active, ${bytes / MIB} MiB`;
  const ratio = mine.median / other.median;
  const rows: Row[] = [
    { measure, who: 'imagedrop', unit: 's', value: mine },
    {
      measure,
      who: 'curl -T of the file',
      unit: 's',
      value: other,
      ratio: 1 / ratio,
      goal: '<= 1.10 x its time',
      met: ratio <= 1.1,
    },
  ];
  return { rows, details: Object.fromEntries(results) };
}

/** The most that the whole may take beside the three requests themselves. */
const OVERHEAD_SECONDS = 0.5;

async function measureSmall({ pipeline, folder, openStack }: RealCloud, count: number): Promise<Part> {
  const file = join(folder, 'small.img');
  const disk = rawDisk(MIB);
  await writeFile(file, disk);
  const curl = new CurlClient(openStack);
  const ours = async (round: number) => {
    const dropped = await pipeline.drop(`small/${round}.img`, disk);
    return active(pipeline, dropped, Date.now());
  };
  const theirs = async () => {
    const began = performance.now();
    const id = await curl.create('small');
    await curl.upload(id, file);
    await curl.show(id);
    return (performance.now() - began) / 1000;
  };
  await ours(-1);
  const results = await alternate(
    [
      { name: 'imagedrop', run: ours },
      { name: 'curl', run: theirs },
    ],
    count,
  );
  await openStack.removeImages();
  const rows = [0.5, 0.99].flatMap((share) => {
    const at = (name: string) => summary([quantile(results.get(name) ?? [], share)]);
    const measure = `drop to active, 1 MiB, p${share * 100} of ${count}`;
    const over = at('imagedrop').median - at('curl').median;
    const goal = `<= ${OVERHEAD_SECONDS} s over`;
    return [
      { measure, who: 'imagedrop', unit: 's', value: at('imagedrop') },
      {
        measure,
        who: 'curl: POST, PUT, GET',
        unit: 's',
        value: at('curl'),
        ratio: at('curl').median / at('imagedrop').median,
        goal,
        met: over <= OVERHEAD_SECONDS,
      },
    ];
  });
  return { rows, details: Object.fromEntries(results) };
}

const PUTS_AT_A_TIME = 32;

async function measureMany({ pipeline, folder, openStack }: RealCloud, options: WholeOptions['many']): Promise<Part> {
  const { count, rounds, byCurl, byClient } = options;
  const file = join(folder, 'small.img');
  const curl = new CurlClient(openStack);
  const ours = async (round: number) => {
    const began = Date.now();
    const numbers = Array.from({ length: count }, (_, index) => index);
    const dropped: { key: string; versionId: string }[] = [];
    await inTurns(numbers, PUTS_AT_A_TIME, async (number) => {
      dropped.push(await pipeline.drop(`many ${round}/${number}.img`, rawDisk(MIB, number % 256)));
    });
    let seconds = 0;
    for (const each of dropped) seconds = Math.max(seconds, await active(pipeline, each, began));
    await pipeline.idle();
    await openStack.removeImages();
    return count / seconds;
  };
  const loop = (images: number, one: () => Promise<void>) => async () => {
    const began = performance.now();
    for (let number = 0; number < images; number += 1) await one();
    const seconds = (performance.now() - began) / 1000;
    await openStack.removeImages();
    return images / seconds;
  };
  const contenders = [
    { name: `imagedrop, ${count} at once`, run: ours },
    {
      name: `loop of curl (${byCurl})`,
      run: loop(byCurl, async () => void (await curl.upload(await curl.create('many'), file))),
    },
    { name: `loop of openstack (${byClient})`, run: loop(byClient, () => openStack.createByClient(file)) },
  ];
  const results = await alternate(contenders, rounds);
  const [mine, byLoop, byOpenStack] = contenders.map(({ name }) => summary(results.get(name) ?? []));
  if (!mine || !byLoop || !byOpenStack) throw new Error('Nothing was measured.');
  const row = (who: string, value: typeof mine) => ({
    measure: `images of 1 MiB, ${count} to come`,
    who,
    unit: '/s',
    value,
  });
  const compared = (index: number, value: typeof mine, least: number, binding: number): Row => {
    const ratio = mine.median / value.median;
    const name = contenders[index]?.name ?? '';
    return { ...row(name, value), ratio, goal: `>= ${least} x`, met: ratio >= least, binding: ratio < binding };
  };
  const rows = [row(contenders[0]?.name ?? '', mine), compared(1, byLoop, 1, 0.15), compared(2, byOpenStack, 10, 3)];
  return { rows, details: Object.fromEntries(results) };
}

/** Seldom enough to leave the cores to those who work: the record itself says when. */
const LOOK_EVERY_MS = 100;

/** @returns seconds since `began`, as Date.now() has it, until the image was active */
async function active(pipeline: Pipeline, dropped: { key: string; versionId: string }, began: number): Promise<number> {
  for (;;) {
    const record = await pipeline.record(dropped);
    const { at, status } = record?.history.at(-1) ?? {};
    if (status === 'active') return (Date.parse(at ?? '') - began) / 1000;
    if (status === 'failed') throw new Error(`${dropped.key} failed: ${record?.error?.message}`);
    await pause(LOOK_EVERY_MS);
  }
}

const POST = 'curl -sSf -X POST -H "X-Auth-Token: $1" -H "Content-Type: application/json" -d "$3" "$2"';
const PUT = 'curl -sSf -T "$3" -H "X-Auth-Token: $1" -H "Content-Type: application/octet-stream" "$2"';
const GET = 'curl -sSf -H "X-Auth-Token: $1" "$2"';

/** What somebody does by hand who has a token already: one curl for each request. */
class CurlClient {
  readonly #token: string;
  readonly #url: string;

  constructor({ token, imageUrl }: Pick<RealOpenStack, 'token' | 'imageUrl'>) {
    this.#token = token;
    this.#url = imageUrl;
  }

  /** @returns the id of a new image */
  async create(name: string): Promise<string> {
    const body = JSON.stringify({ name, disk_format: 'raw', container_format: 'bare' });
    const { output } = await runScript(POST, [this.#token, `${this.#url}/v2/images`, body]);
    return JSON.parse(output).id;
  }

  /** @returns seconds until Glance has answered, which it does when the image is active */
  async upload(id: string, file: string): Promise<number> {
    const { seconds } = await runScript(PUT, [this.#token, `${this.#url}/v2/images/${id}/file`, file]);
    return seconds;
  }

  async show(id: string): Promise<void> {
    await runScript(GET, [this.#token, `${this.#url}/v2/images/${id}`]);
  }
}
