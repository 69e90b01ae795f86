import { createReadStream, createWriteStream, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Part, Row } from '../measure/row.ts';
import { type Run, runScript } from '../measure/run.ts';
import { alternate, summary } from '../measure/samples.ts';

export interface UnpackOptions {
  readonly rounds: number;
  /** Of the disk inside. */
  readonly bytes: number;
}

/** How a disk is packed and unpacked by each tool, and the least ratio of our rate to the tool's. */
const TOOLS = [
  { tool: 'gzip', pack: 'gzip -6', goal: 0.8 },
  { tool: 'zstd', pack: 'zstd -3 -q', goal: 0.8 },
  { tool: 'xz', pack: 'xz -6 -T2', goal: 0.6 },
  { tool: 'bzip2', pack: 'bzip2', goal: undefined },
] as const;

/** Other work of the machine does not explain a ratio below this share of a goal. */
const BINDING_SHARE = 0.5;
const MIB = 2 ** 20;
const OURS = join(import.meta.dirname, 'unpack.ts');

/** The rate at which we and the tools of a shell unpack the same file and compute the SHA-256 of what is inside. */
export async function measureUnpack({ rounds, bytes }: UnpackOptions): Promise<Part> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-bench-'));
  try {
    const disk = join(folder, 'disk');
    await writeDisk(disk, bytes);
    const rows: Row[] = [];
    for (const each of TOOLS) rows.push(...(await compared(each, disk, { rounds, bytes })));
    return { rows };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The installed packages, one file after another: text, code and binaries, as on a disk. */
async function writeDisk(disk: string, bytes: number): Promise<void> {
  const root = join(import.meta.dirname, '../../node_modules');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  await pipeline(Readable.from(firstBytes(paths, bytes)), createWriteStream(disk));
}

async function* firstBytes(paths: readonly string[], bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for (const path of paths) {
    if (left === 0) return;
    for await (const piece of createReadStream(path, { end: left - 1 })) {
      left -= piece.length;
      yield piece;
    }
  }
  // Fewer bytes than wanted: the rest of the disk is unused.
  if (left > 0) yield Buffer.alloc(left);
}

async function compared(
  { tool, pack, goal }: (typeof TOOLS)[number],
  disk: string,
  { rounds, bytes }: UnpackOptions,
): Promise<Row[]> {
  const file = `${disk}.${tool}`;
  await runScript(`${pack} -c "$1" > "$2"`, [disk, file]);
  const theirs = `${tool} -dc | sha256sum`;
  const runs = await alternate(
    [
      { name: 'imagedrop', run: () => runScript('"$1" "$2" "$3"', [process.execPath, OURS, file]) },
      { name: theirs, run: () => runScript(`${tool} -dc "$1" | sha256sum | cut -d' ' -f1`, [file]) },
    ],
    rounds,
  );
  const [our, their] = [runs.get('imagedrop') ?? [], runs.get(theirs) ?? []];
  if (new Set([...our, ...their].map(({ output }) => output)).size !== 1) {
    throw new Error(`imagedrop and ${tool} unpack different bytes.`);
  }
  await rm(file);
  return rowsOf({ measure: `unpack ${bytes / MIB} MiB, ${tool}`, theirs, goal }, our, their, bytes / MIB);
}

function rowsOf(
  { measure, theirs, goal }: { measure: string; theirs: string; goal: number | undefined },
  our: readonly Run[],
  their: readonly Run[],
  mib: number,
): Row[] {
  const rates = (runs: readonly Run[]) => summary(runs.map(({ seconds }) => mib / seconds));
  const peaks = (runs: readonly Run[]) => summary(runs.map(({ peakMib }) => peakMib));
  const ratio = rates(our).median / rates(their).median;
  const verdict =
    goal === undefined ? {} : { goal: `>= ${goal} x`, met: ratio >= goal, binding: ratio < goal * BINDING_SHARE };
  return [
    { measure, who: 'imagedrop', unit: 'MiB/s', value: rates(our) },
    { measure, who: theirs, unit: 'MiB/s', value: rates(their), ratio, ...verdict },
    { measure: 'the same, peak memory', who: 'imagedrop', unit: 'MiB', value: peaks(our) },
  ];
}
