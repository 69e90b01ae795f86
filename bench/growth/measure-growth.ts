import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from '../load/load.ts';
import type { Part, Row } from '../measure/row.ts';
import type { Run } from '../measure/run.ts';
import { summary } from '../measure/samples.ts';
import type { StreamRig } from '../stream/stream-rig.ts';

const MIB = 2 ** 20;

export interface GrowthOptions {
  readonly counts: readonly number[];
  /** Bytes. */
  readonly sizes: readonly number[];
}

export interface Growth {
  readonly byCount: readonly {
    readonly drops: number;
    readonly secondsPerDrop: number;
    readonly requestsPerDrop: number;
  }[];
  readonly bySize: readonly { readonly bytes: number; readonly seconds: number; readonly cpuSeconds: number }[];
}

/** How the cost grows with the number of drops, and with the size of one. */
export async function measureGrowth(
  rig: StreamRig,
  options: GrowthOptions,
): Promise<Part & { readonly growth: Growth }> {
  const growth = { byCount: await countsOf(options.counts), bySize: await sizesOf(rig, options.sizes) };
  return { rows: [...countRows(growth), ...sizeRows(growth)], details: growth, growth };
}

async function countsOf(counts: readonly number[]): Promise<Growth['byCount']> {
  const figures: Growth['byCount'][number][] = [];
  for (const drops of counts) {
    const { seconds, statuses, requests } = await load(drops);
    if (statuses.active !== drops) throw new Error(`Of ${drops} drops ${statuses.active} are active.`);
    const sent = Object.values(requests).reduce((sum, count) => sum + count, 0);
    figures.push({ drops, secondsPerDrop: seconds / drops, requestsPerDrop: sent / drops });
  }
  return figures;
}

/** The least of three, but for the largest: what is wanted is the slope. */
async function sizesOf(rig: StreamRig, sizes: readonly number[]): Promise<Growth['bySize']> {
  const figures: Growth['bySize'][number][] = [];
  for (const bytes of sizes) {
    const file = join(rig.nginx.sinkFolder, 'growth.img');
    const handle = await open(file, 'w');
    await handle.truncate(bytes);
    await handle.close();
    const rounds = bytes > 2 ** 30 ? 1 : 3;
    const runs: Run[] = [];
    for (let round = 0; round < rounds; round += 1) runs.push(await rig.stream(file));
    const least = (figure: (run: Run) => number) => Math.min(...runs.map(figure));
    figures.push({
      bytes,
      seconds: least(({ seconds }) => seconds),
      cpuSeconds: least(({ cpuSeconds }) => cpuSeconds),
    });
    await rm(file);
  }
  return figures;
}

/** What a hundred drops share, of sessions, looks at pauses and starts of functions, the first few pay alone. */
const FROM_DROPS = 100;
/** A count that grows with the work would be ten times as large from line to line. */
const MOST_GROWTH = 1.5;

function countRows({ byCount }: Growth): Row[] {
  const first = byCount.find(({ drops }) => drops >= FROM_DROPS);
  return byCount.flatMap(({ drops, secondsPerDrop, requestsPerDrop }) => {
    const measure = `${drops} drops of 64 KiB`;
    const growth = first === undefined ? 1 : requestsPerDrop / first.requestsPerDrop;
    const isLater = first !== undefined && drops > first.drops;
    const met = growth <= MOST_GROWTH;
    return [
      { measure, who: 'time per drop', unit: 's', value: summary([secondsPerDrop]) },
      {
        ...{ measure, who: 'requests per drop', unit: '', value: summary([requestsPerDrop]) },
        ...(isLater && { goal: `<= ${MOST_GROWTH} x that of ${first.drops}`, met, binding: true }),
      },
    ];
  });
}

function sizeRows({ bySize }: Growth): Row[] {
  return bySize.flatMap(({ bytes, seconds, cpuSeconds }) => {
    const row = (who: string, value: number): Row => ({
      ...{ measure: `stream ${bytes / MIB} MiB`, who, unit: 's' },
      value: summary([(value * 1024 * MIB) / bytes]),
    });
    return [row('time per GiB', seconds), row('CPU per GiB', cpuSeconds)];
  });
}
