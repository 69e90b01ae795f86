import { parseArgs } from 'node:util';
import { inspect } from '../lambda/formats/inspect.ts';
import { bytesReader } from '../lambda/formats/reading/reader.ts';
import { SAMPLES } from '../test/support/images/samples.ts';

/**
 * How long one inspection of an image in memory takes, for each format: what is left when no network is in the way.
 * `node bench/inspect.ts [--rounds 20000]`
 */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20000' } } });
const rounds = Number(values.rounds);
/** Enough for the compiler to have made its mind up. */
const WARM_UP_ROUNDS = 2000;

async function inspections(bytes: Buffer, count: number): Promise<void> {
  const reader = bytesReader(bytes);
  for (let round = 0; round < count; round++) await inspect(reader);
}

/** Microseconds of processor time for each inspection. */
async function cost(bytes: Buffer): Promise<number> {
  await inspections(bytes, WARM_UP_ROUNDS);
  const start = process.cpuUsage();
  await inspections(bytes, rounds);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / rounds;
}

let total = 0;
for (const { name, bytes } of SAMPLES) {
  const microseconds = await cost(bytes);
  total += microseconds;
  process.stdout.write(`${microseconds.toFixed(1).padStart(7)} µs  ${name}\n`);
}
const mean = total / SAMPLES.length;
process.stdout.write(
  `${mean.toFixed(1).padStart(7)} µs  mean: ${Math.round(60e6 / mean)} inspections in a core-minute\n`,
);
