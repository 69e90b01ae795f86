/**
 * Ours beside the others at the same work: `npm run bench`, or `npm run bench -- --quick`. Prints a table, writes it to
 * bench/results/ as JSON with a chart, and ends with 1 where a size or a ratio within this run falls short by more than
 * the other work of the machine can explain. Times fail no run. docs/performance.md says what is measured, and how.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { costs } from './cost.ts';
import { chart } from './growth/chart.ts';
import { measureGrowth } from './growth/measure-growth.ts';
import type { Part, Row } from './measure/row.ts';
import { missing } from './measure/tools.ts';
import { failures, table } from './report.ts';
import { measureRequests } from './requests/measure-requests.ts';
import { FULL, QUICK } from './scales.ts';
import { measureStart } from './start/measure-start.ts';
import { measureStream } from './stream/measure-stream.ts';
import { StreamRig } from './stream/stream-rig.ts';
import { measureUnpack } from './unpack/measure-unpack.ts';
import { measureWhole } from './whole/measure-whole.ts';
import { startRealCloud } from './whole/real-cloud.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const scale = values.quick ? QUICK : FULL;
const results = join(import.meta.dirname, 'results');

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  start: () => measureStart(scale.starts),
  requests: async () => {
    const requests = await measureRequests(scale.requests);
    const computed = costs(requests.routes);
    return {
      rows: [...requests.rows, ...computed.rows],
      notes: computed.notes ?? [],
      details: [requests.details, computed.details],
    };
  },
  stream: () => withNginx((rig) => measureStream(rig, scale.stream)),
  unpack: async () => {
    const notes = missing(['gzip', 'zstd', 'xz', 'bzip2']);
    return notes.length > 0 ? { rows: [], notes } : measureUnpack(scale.unpack);
  },
  whole,
  growth: () =>
    withNginx(async (rig) => {
      const part = await measureGrowth(rig, scale.growth);
      await writeFile(join(results, 'growth.svg'), chart(part.growth));
      return part;
    }),
};

async function withNginx(work: (rig: StreamRig) => Promise<Part>): Promise<Part> {
  const notes = missing(['nginx']);
  if (notes.length > 0) return { rows: [], notes };
  const rig = await StreamRig.start();
  try {
    return await work(rig);
  } finally {
    await rig.stop();
  }
}

async function whole(): Promise<Part> {
  const notes = missing(['curl', 'openstack', 'keystone-manage', 'glance-api']);
  if (notes.length > 0) return { rows: [], notes };
  const cloud = await startRealCloud();
  try {
    return await measureWhole(cloud, scale.whole);
  } finally {
    await cloud.stop();
  }
}

const wanted = values.only?.split(',') ?? Object.keys(PARTS);
const unknown = wanted.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  process.stderr.write(
    `--only: there is no part ${JSON.stringify(unknown)}; there is ${Object.keys(PARTS).join(', ')}.\n`,
  );
  process.exit(2);
}

await mkdir(results, { recursive: true });
const began = performance.now();
const parts: Record<string, Part> = {};
for (const [name, measure] of Object.entries(PARTS)) {
  if (!wanted.includes(name)) continue;
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0)} s: ${name}\n`);
  parts[name] = await measure();
}
const rows: Row[] = Object.values(parts).flatMap((part) => [...part.rows]);
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, arch: arch(), memoryGib: totalmem() / 2 ** 30 };
const run = { at: new Date().toISOString(), quick: values.quick, machine, load: loadavg(), node: process.version };
await writeFile(join(results, 'latest.json'), `${JSON.stringify({ ...run, rows, parts }, undefined, 1)}\n`);
process.stdout.write(`${table(rows)}\n`);
for (const { notes = [] } of Object.values(parts)) for (const note of notes) process.stdout.write(`${note}\n`);
const short = failures(rows);
for (const { measure, who } of short) process.stdout.write(`FALLS SHORT: ${measure}, ${who}\n`);
process.stdout.write(
  `${((performance.now() - began) / 1000).toFixed(0)} s on ${machine.cores} cores, load ${loadavg()[0]?.toFixed(1)}\n`,
);
process.exit(short.length === 0 ? 0 : 1);
