import { s3Pauses } from '../../lambda/adapters/s3-pauses.ts';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';
import type { TargetPause } from '../../lambda/model/target-pause.ts';
import type { StackConnection } from '../stack/connection.ts';
import { failed, ok, type Verdict } from './finding.ts';

/** Whether the functions have found room at each target lately. */
export async function pausesOf(stack: StackConnection): Promise<readonly Verdict[]> {
  const options = { now: () => new Date(), count: () => {} };
  const pauses = s3Pauses(stack.s3, stack.output('StatusBucketName'), options);
  return Promise.all(stack.targets.map(async ({ name }) => verdictOn(name, await pauses.of(name))));
}

function verdictOn(name: string, pause: TargetPause | undefined): Verdict {
  if (pause === undefined || pause.endedAt !== undefined) return ok(`no drop has to wait for ${name}`);
  const { since, until, message, code } = pause;
  const detail = `${name} is paused since ${since} and tried again at ${until}: ${message} (${code})`;
  return failed(detail, ERROR_KINDS[code].nextStep);
}
