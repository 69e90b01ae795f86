import { createHash } from 'node:crypto';
import { createReadStream, statfsSync } from 'node:fs';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { writeRandomDisk } from '../../test/support/disk-files.ts';
import type { Part, Row } from '../measure/row.ts';
import { type Run, runScript } from '../measure/run.ts';
import { alternate, type Contender, type Summary, summary } from '../measure/samples.ts';
import { has, missing } from '../measure/tools.ts';
import type { StreamRig } from './stream-rig.ts';

const MIB = 2 ** 20;
export const GIB = 2 ** 30;

export interface StreamOptions {
  readonly rounds: number;
  readonly bytes: number;
  /** For the peak of memory. */
  readonly sizes: readonly number[];
}

const OURS = 'stream-upload';
/** What a shell does of the same work: the bytes and their hash. */
const SAME_WORK = 'curl | tee >(sha512sum) | curl -T -';

/** Throughput, CPU and memory of the bytes' way alone. */
export async function measureStream(rig: StreamRig, options: StreamOptions): Promise<Part> {
  const file = join(rig.nginx.sinkFolder, 'source.img');
  await writeRandomDisk(file, options.bytes);
  const sha512 = await hashOf(file);
  const ours: Contender<Run> = { name: OURS, run: () => checked(rig, file, sha512) };
  // What is started once for many drops is not part of one: the others have no such start, and are at their best too.
  await ours.run(0);
  const others = await othersAt(rig, file, options);
  const results = await alternate([ours, ...others], options.rounds);
  const memory = await memoryBySize(rig, options.sizes);
  await rm(file);
  const rows = [
    ...rateRows(results, options.bytes),
    ...cpuRows(results, options.bytes),
    ...memoryRows(memory, results),
  ];
  const details = { bytes: options.bytes, cores: availableParallelism(), results: Object.fromEntries(results), memory };
  const leftOut = options.sizes.filter((bytes) => !memory.some((peak) => peak.bytes === bytes));
  const noRoom = leftOut.map(
    (bytes) => `There is no room in memory for a stream of ${bytes / MIB} MiB; it is left out.`,
  );
  return { rows, notes: [...missing(['curl', 'openstack', 'rclone']), ...noRoom], details };
}

async function checked(rig: StreamRig, file: string, sha512: string): Promise<Run> {
  const run = await rig.stream(file);
  if (run.sha512 !== sha512) throw new Error(`stream-upload noted the hash ${run.sha512} in place of ${sha512}.`);
  return run;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

async function othersAt(rig: StreamRig, file: string, options: StreamOptions): Promise<Contender<Run>[]> {
  const url = await rig.sourceUrl(file);
  const { nginx } = rig;
  const sink = `${nginx.cloudUrl}/plain/other.img`;
  const by = (name: string, script: string, args: readonly string[], variables = {}): Contender<Run> => ({
    name,
    run: async () => {
      const run = await runScript(script, args, variables);
      await expectBytes(join(nginx.sinkFolder, 'plain/other.img'), options.bytes);
      return run;
    },
  });
  const contenders: Contender<Run>[] = [];
  if (has('curl')) {
    contenders.push(by('curl | curl -T -', 'curl -sSf "$1" | curl -sSf -T - "$2"', [url, sink]));
    contenders.push(by(SAME_WORK, BY_TEE, [url, sink]));
  }
  if (has('rclone')) contenders.push(by('rclone copyurl', RCLONE, [url, nginx.cloudUrl]));
  if (has('openstack')) contenders.push(await openStackClient(rig, file));
  return contenders;
}

/** Bash does not wait for `>(sha512sum)`, and would not count its time; it waits for a job that reads a named pipe. */
const BY_TEE = `
  pipe=$(mktemp -u) && mkfifo "$pipe"
  sha512sum <"$pipe" >&2 &
  curl -sSf "$1" | tee "$pipe" | curl -sSf -T - "$2"
  wait
  rm "$pipe"`;

/** By WebDAV. nginx does not say what it holds, so nothing is compared afterwards. */
const RCLONE =
  'rclone copyurl "$1" ":webdav,vendor=other,url=\'$2/plain\':other.img" --config /dev/null --retries 1 --ignore-size --ignore-checksum';

async function expectBytes(path: string, bytes: number): Promise<void> {
  const { size } = await stat(path);
  await rm(path);
  if (size !== bytes) throw new Error(`Of ${bytes} bytes ${size} have arrived in ${path}.`);
}

/** Uploads from the disk, which its users have to copy the object to first. */
async function openStackClient(rig: StreamRig, file: string): Promise<Contender<Run>> {
  const clouds = join(rig.nginx.sinkFolder, 'clouds.yaml');
  await writeFile(clouds, rig.cloudsYaml);
  const create =
    'openstack --os-cloud simulator image create --disk-format raw --container-format bare --file "$1" -f value -c id bench';
  return {
    name: 'openstack image create',
    run: async () => {
      const run = await runScript(create, [file], { OS_CLIENT_CONFIG_FILE: clouds });
      await rm(join(rig.nginx.sinkFolder, 'image'), { recursive: true });
      return run;
    },
  };
}

export interface PeakOf {
  readonly bytes: number;
  readonly peakMib: number;
  readonly seconds: number;
}

/** Each in a process of its own. The files are holes: what counts is how many bytes go through. */
async function memoryBySize(rig: StreamRig, sizes: readonly number[]): Promise<readonly PeakOf[]> {
  const peaks: PeakOf[] = [];
  for (const bytes of sizes) {
    if (roomFor(rig.nginx.sinkFolder) < 1.25 * bytes) continue;
    const file = join(rig.nginx.sinkFolder, 'holes.img');
    const handle = await open(file, 'w');
    await handle.truncate(bytes);
    await handle.close();
    await rig.renew();
    const { peakMib, seconds } = await rig.stream(file);
    peaks.push({ bytes, peakMib, seconds });
    await rm(file);
  }
  await rig.renew();
  return peaks;
}

function roomFor(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.min(bavail * bsize, freemem());
}

const of = (runs: readonly Run[] = [], figure: (run: Run) => number): Summary => summary(runs.map(figure));

function rateRows(results: ReadonlyMap<string, readonly Run[]>, bytes: number): Row[] {
  const rate = (name: string) => of(results.get(name), ({ seconds }) => bytes / MIB / seconds);
  const ours = rate(OURS);
  return [...results.keys()].map((name) => {
    const common = { measure: `stream ${bytes / MIB} MiB, hash checked`, who: name, unit: 'MiB/s', value: rate(name) };
    if (name === OURS) return common;
    const ratio = ours.median / rate(name).median;
    const goal = GOALS[name];
    if (goal === undefined) return { ...common, ratio };
    return { ...common, ratio, goal: `>= ${goal.ratio} x`, met: ratio >= goal.ratio, binding: ratio < goal.binding };
  });
}

interface RateGoal {
  readonly ratio: number;
  /** What the other work of a machine cannot bring about. */
  readonly binding: number;
}

const GOALS: Readonly<Record<string, RateGoal>> = {
  'curl | curl -T -': { ratio: 1, binding: 0.2 },
  [SAME_WORK]: { ratio: 1, binding: 0.3 },
  'openstack image create': { ratio: 2, binding: 0.5 },
};

function cpuRows(results: ReadonlyMap<string, readonly Run[]>, bytes: number): Row[] {
  const cpu = (name: string) => of(results.get(name), ({ cpuSeconds }) => (cpuSeconds * GIB) / bytes);
  const ours = cpu(OURS);
  return [...results.keys()].map((name) => {
    const common = { measure: 'the same, CPU', who: name, unit: 's/GiB', value: cpu(name) };
    if (name === OURS) return { ...common, goal: `<= ${MAX_CPU_SECONDS}`, met: ours.median <= MAX_CPU_SECONDS };
    const ratio = cpu(name).median / ours.median;
    if (name !== SAME_WORK) return { ...common, ratio };
    const goal = `>= ${LEAST_CPU_RATIO} x`;
    return { ...common, ratio, goal, met: ratio >= LEAST_CPU_RATIO, binding: ratio < LEAST_CPU_RATIO / 2 };
  });
}

/** On two cores of 2026. Another machine may need more: it fails no run. */
const MAX_CPU_SECONDS = 2.5;
/** Of the CPU time of the same work in a shell. */
const LEAST_CPU_RATIO = 0.5;
const MAX_PEAK_MIB = 160;

function memoryRows(peaks: readonly PeakOf[], results: ReadonlyMap<string, readonly Run[]>): Row[] {
  const ours = peaks.map(({ bytes, peakMib }) => ({
    measure: `peak memory, ${bytes / MIB} MiB`,
    who: OURS,
    unit: 'MiB',
    value: summary([peakMib]),
    goal: `<= ${MAX_PEAK_MIB}`,
    met: peakMib <= MAX_PEAK_MIB,
    // What is collected later, because the sink is slow, is held for longer: a machine that is very busy adds a little.
    binding: peakMib > 1.25 * MAX_PEAK_MIB,
  }));
  const others = [...results].filter(([name]) => name !== OURS);
  const rows = others.map(([name, runs]) => ({
    measure: 'peak memory of the largest process',
    who: name,
    unit: 'MiB',
    value: of(runs, ({ peakMib }) => peakMib),
  }));
  return [...ours, ...rows];
}
