import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../bin/start/synthesize.ts';
import { clientVariables, functionVariables } from '../../local/lambda/variables.ts';
import { readAssembly } from '../../local/template/assembly.ts';
import type { FunctionPlan } from '../../local/template/functions.ts';
import { readPlan } from '../../local/template/plan.ts';
import type { Part, Row } from '../measure/row.ts';
import { alternate, type Summary, summary } from '../measure/samples.ts';

/** Bytes are time, and docs/performance.md says what weighs how much. */
const MAX_BYTES = 1_400_000;
/** The time until the handler is loaded, on two cores of 2026. Another machine may be slower: it fails no run. */
const GOALS_MS: Readonly<Record<string, number>> = {
  'create-metadata': 90,
  'stream-upload': 110,
  'record-status': 90,
};

/** Nobody is there: a function asks nobody until its first message comes. */
const NOWHERE = 'http://127.0.0.1:1';

/** Loads the handler as Lambda does, and says how long that took, and how much of a core. */
const LOAD = `
const began = performance.now(), used = process.cpuUsage();
require(process.argv[1]);
const { user, system } = process.cpuUsage(used);
process.stdout.write(JSON.stringify({ ms: performance.now() - began, cpuMs: (user + system) / 1000 }));
process.exit()`;

interface Start {
  readonly ms: number;
  readonly cpuMs: number;
}

/** How large each bundle is, and how long a process takes from its own start to a loaded handler. */
export async function measureStart(rounds: number): Promise<Part> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-bench-'));
  try {
    await synthesize(folder, { targets: { mycloud: { kind: 'glance' } }, cloudsYamlSecret: 'clouds' });
    const { functions } = readPlan(await readAssembly(folder, 'ImageDrop'), {
      stackName: 'ImageDrop',
      gateUrl: NOWHERE,
    });
    const contenders = functions.map((plan) => ({ name: nameOf(plan), run: async () => load(plan) }));
    const times = await alternate(contenders, rounds);
    const bytes = await Promise.all(functions.map(async (plan) => (await stat(bundleOf(plan))).size));
    return { rows: [...functions.map((plan, index) => sizeRow(plan, bytes[index] ?? 0)), ...timeRows(times)] };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const nameOf = ({ environment }: FunctionPlan): string => environment.POWERTOOLS_SERVICE_NAME ?? '';
const bundleOf = ({ folder }: FunctionPlan): string => join(folder, 'index.cjs');

function load(plan: FunctionPlan): Start {
  const nobody = { name: 'bench', accessKeyId: 'id', secretAccessKey: 'secret' };
  const [s3, sqs, sns, secretsManager, lambda] = Array.from({ length: 5 }, () => NOWHERE) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const env = functionVariables(plan, clientVariables(nobody, { s3, sqs, sns, secretsManager, lambda }), 'bench');
  return JSON.parse(execFileSync(process.execPath, ['-e', LOAD, bundleOf(plan)], { env, encoding: 'utf8' }));
}

function sizeRow(plan: FunctionPlan, bytes: number): Row {
  const met = bytes <= MAX_BYTES;
  const value = summary([bytes / 1000]);
  return {
    measure: 'bundle',
    who: nameOf(plan),
    unit: 'KB',
    value,
    goal: `<= ${MAX_BYTES / 1000}`,
    met,
    binding: !met,
  };
}

function timeRows(times: ReadonlyMap<string, readonly Start[]>): Row[] {
  return [...times].flatMap(([who, starts]) => {
    const most = GOALS_MS[who] ?? Number.POSITIVE_INFINITY;
    const goal = most === Number.POSITIVE_INFINITY ? {} : { goal: `<= ${most}` };
    const row = (measure: string, value: Summary) => ({ measure, who, unit: 'ms', value, ...goal });
    const wall = summary(starts.map(({ ms }) => ms));
    const cpu = summary(starts.map(({ cpuMs }) => cpuMs));
    return [
      { ...row('cold start: handler loaded', wall), ...('goal' in goal && { met: wall.median <= most }) },
      { ...row('the same, CPU', cpu), ...('goal' in goal && { met: cpu.median <= most }) },
    ];
  });
}
