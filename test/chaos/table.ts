import type { ChaosResult } from './chaos.ts';
import { COUNTS } from './verdict.ts';

const MAX_FINDINGS = 20;

export const isSound = ({ findings }: ChaosResult): boolean => COUNTS.every((count) => findings[count].length === 0);

/** What was done to the drops, what became of them, and what is wrong. */
export function table(result: ChaosResult, seed: number): string {
  const { drops, faults, outcomes, failedByFaults, findings, killPoints, seconds } = result;
  const injected = faults.reduce((sum, [, times]) => sum + times, 0);
  return [
    `${number(injected)} faults in ${number(drops)} drops, seed ${seed}, ${Math.round(seconds)} s`,
    ...faults.map(([kind, times]) => row(kind, times)),
    '',
    `killed at ${killPoints.size} places`,
    ...[...killPoints].sort(([one], [other]) => (one < other ? -1 : 1)).map(([place, times]) => row(place, times)),
    '',
    'what became of them, at each target',
    ...[...outcomes].sort(([one], [other]) => (one < other ? -1 : 1)).map(([outcome, times]) => row(outcome, times)),
    ...failedByFaults.slice(0, MAX_FINDINGS).map((line) => `failed by faults: ${line}`),
    '',
    ...COUNTS.map((count) => row(count, findings[count].length)),
    ...COUNTS.flatMap((count) => findings[count].slice(0, MAX_FINDINGS).map((finding) => `${count}: ${finding}`)),
  ].join('\n');
}

const row = (name: string, count: number): string => `${number(count).padStart(9)}  ${name}`;
const number = (value: number): string => value.toLocaleString('en-US');
