import type { TargetKind } from '../../lambda/model/target.ts';
import { ownCloud } from '../clouds/clouds-yaml.ts';
import { connectTo, type StackConnection } from '../stack/connection.ts';
import { DONE, FAILED } from '../terminal/exit-codes.ts';
import { cloudChecks } from './cloud-checks.ts';
import { cloudsOf } from './clouds.ts';
import { type Finding, hasFailed } from './finding.ts';
import { machineChecks } from './machine-checks.ts';
import { showFindings } from './report.ts';
import { stackChecks } from './stack-checks.ts';

export interface DoctorOptions {
  readonly stack?: string;
  /** Only this cloud of the user's own clouds.yaml. */
  readonly osCloud?: string;
  readonly kind: TargetKind;
  /** Whether nothing is made, not even for a moment. */
  readonly readOnly: boolean;
  readonly json: boolean;
}

/** @returns the exit code: 0 nothing is wrong, 1 something is */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { stack, osCloud, kind, readOnly } = options;
  if (osCloud === undefined) {
    return shown(stackOrMachineChecks(stack, readOnly), options);
  }
  const { cloud } = await ownCloud(osCloud);
  return shown(cloudChecks({ cloud, kind }, readOnly), options);
}

/** Without credentials or a stack, what can be checked on this machine. */
async function* stackOrMachineChecks(name: string | undefined, readOnly: boolean): AsyncGenerator<Finding> {
  let stack: StackConnection;
  try {
    stack = await connectTo(name);
  } catch (error) {
    if (name !== undefined) throw error;
    yield* machineChecks(error);
    return;
  }
  try {
    yield* stackChecks(stack, readOnly);
    yield* cloudsOf(stack, readOnly);
  } finally {
    stack.close();
  }
}

async function shown(checks: AsyncIterable<Finding>, { json }: DoctorOptions): Promise<number> {
  return (await showFindings(checks, json)).some(hasFailed) ? FAILED : DONE;
}
