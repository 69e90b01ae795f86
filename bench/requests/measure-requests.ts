import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { obsCloud } from '../../test/pipeline/obs-cloud.ts';
import { Pipeline } from '../../test/pipeline/pipeline.ts';
import { rawDisk } from '../../test/support/disk.ts';
import { SAMPLES } from '../../test/support/images/samples.ts';
import type { Part, Row } from '../measure/row.ts';
import { summary } from '../measure/samples.ts';
import { countOperations } from './operations.ts';

const DISK_BYTES = 2 ** 20;

/**
 * What was measured (28, 29, 38 and 40) with room for a pause, which is read once in five seconds, and for another look at
 * an image, for the receipt, and for the look for an earlier drop of the same bytes. Both spellings of the metadata files,
 * the look for checksum files and the beginnings of targets are five of them.
 */
const MOST_OF_S3: Readonly<Record<string, number>> = { stream: 31, import: 33, register: 42, 'fast-import': 44 };

export interface RouteRequests {
  readonly route: string;
  /** By what is asked for, of one drop. */
  readonly perDrop: Readonly<Record<string, number>>;
}

/** How many requests the functions send for one drop, by the route that its bytes take. */
export async function measureRequests(drops: number): Promise<Part & { readonly routes: readonly RouteRequests[] }> {
  const routes = [...(await glanceRoutes(drops)), ...(await imsRoutes(drops))];
  return { rows: routes.flatMap(rowsOf), details: routes, routes };
}

type Disk = (seed: number) => Buffer;

const aRawDisk: Disk = (seed) => rawDisk(DISK_BYTES, seed);

/** A fast import takes this format, or raw with a bitmap beside it. */
const aZvhd2: Disk = () => SAMPLES.find(({ format }) => format === 'zvhd2')?.bytes ?? Buffer.alloc(0);

async function glanceRoutes(drops: number): Promise<RouteRequests[]> {
  const routes: RouteRequests[] = [];
  for (const route of ['stream', 'import'] as const) {
    // Its import by web-download has to reach the S3 of this machine.
    const pipeline = await Pipeline.start({ targets: { simulator: { kind: 'glance', route } } });
    routes.push({ route, perDrop: await perDrop(pipeline, drops, aRawDisk) });
    await pipeline.stop();
  }
  return routes;
}

async function imsRoutes(drops: number): Promise<RouteRequests[]> {
  const routes: RouteRequests[] = [];
  for (const [route, settings, disk] of [
    ['register', {}, aRawDisk],
    ['fast-import', { maxRegisterBytes: 1 }, aZvhd2],
  ] as const) {
    const folder = await mkdtemp(join(tmpdir(), 'imagedrop-bench-'));
    const { cloud, staging, obs } = await obsCloud(folder);
    const { clouds } = parse(cloud.cloudsYaml);
    const pipeline = await Pipeline.start({
      cloud: { ...cloud, cloudsYaml: stringify({ clouds: { [cloud.name]: clouds[cloud.name] } }) },
      targets: { [cloud.name]: { kind: 'ims', route: 'register', staging, ...settings } },
    });
    routes.push({ route, perDrop: await perDrop(pipeline, drops, disk, obs.endpoint) });
    await pipeline.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return routes;
}

/** One drop after the other, the first of which is not counted: it opens sessions and asks what the cloud can. */
async function perDrop(pipeline: Pipeline, drops: number, disk: Disk, obs?: string): Promise<Record<string, number>> {
  const { endpoints, operator } = pipeline.stack;
  const clouds = parse(pipeline.cloud.cloudsYaml).clouds;
  await settle(pipeline, disk(0), 0);
  const operations = countOperations({
    ...{ s3: endpoints.s3, gate: endpoints.sqs, operatorKey: operator.accessKeyId },
    statusBucket: pipeline.output('StatusBucketName'),
    cloud: clouds[pipeline.cloud.name].auth.auth_url,
    ...(obs !== undefined && { obs }),
  });
  for (let number = 1; number <= drops; number += 1) await settle(pipeline, disk(number), number);
  await pipeline.idle();
  operations.stop();
  return Object.fromEntries(Object.entries(operations.counts).map(([name, count]) => [name, count / drops]));
}

async function settle(pipeline: Pipeline, disk: Buffer, number: number): Promise<void> {
  const dropped = await pipeline.drop(`requests/${number}.img`, disk);
  const record = await pipeline.settled(dropped);
  if (record.status !== 'active') throw new Error(`${dropped.key} is ${record.status}: ${record.error?.message}`);
}

const SERVICES: readonly string[] = ['S3', 'SQS', 'SNS', 'object storage', 'cloud'];

function rowsOf({ route, perDrop: counts }: RouteRequests): Row[] {
  return SERVICES.flatMap((service) => {
    const asked = Object.entries(counts).filter(([name]) => name.startsWith(service));
    if (asked.length === 0) return [];
    const total = asked.reduce((sum, [, count]) => sum + count, 0);
    const row = { measure: `requests per drop, route ${route}`, who: service, unit: '', value: summary([total]) };
    const most = service === 'S3' ? MOST_OF_S3[route] : undefined;
    return [most === undefined ? row : { ...row, goal: `<= ${most}`, met: total <= most, binding: true }];
  });
}
