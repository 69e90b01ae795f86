import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { VERSIONINGS, type Versioning } from './chaos-assembly.ts';

export interface ChaosArguments {
  readonly drops: number;
  readonly seed: number;
  /** How long faults go on; undefined: until all drops are in and half of them are settled. */
  readonly minutes: number | undefined;
  /** A cloud of the user's clouds.yaml in place of the simulator. */
  readonly osCloud: string | undefined;
  /** A Keystone and a Glance of this machine, started for the run and killed during it. */
  readonly openStack: boolean;
  /** Of the drop bucket. */
  readonly versioning: Versioning;
}

const MAX_SEED = 2 ** 32 - 1;
const MAX_DROPS = 100_000;
const MAX_MINUTES = 24 * 60;

/** @throws Error that names the argument which is wrong */
export function chaosArguments(args: string[]): ChaosArguments {
  const { values } = parseArgs({
    args,
    options: {
      drops: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      'os-cloud': { type: 'string' },
      openstack: { type: 'boolean', default: false },
      versioning: { type: 'string', default: 'enabled' },
    },
  });
  if (values.openstack && values['os-cloud'] !== undefined) {
    throw new Error('--openstack starts a cloud of its own; leave out --os-cloud.');
  }
  return {
    drops: integer('drops', values.drops, 300, MAX_DROPS),
    seed: integer('seed', values.seed, randomInt(MAX_SEED), MAX_SEED),
    minutes: values.minutes === undefined ? undefined : integer('minutes', values.minutes, 0, MAX_MINUTES),
    osCloud: values['os-cloud'],
    openStack: values.openstack,
    versioning: versioningOf(values.versioning),
  };
}

function versioningOf(text: string): Versioning {
  const found = VERSIONINGS.find((versioning) => versioning === text);
  if (found !== undefined) return found;
  throw new Error(`--versioning must be one of ${VERSIONINGS.join(', ')}, not ${text}.`);
}

function integer(name: string, text: string | undefined, otherwise: number, highest: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= highest) return value;
  throw new Error(`--${name} must be an integer from 1 to ${highest}, not ${text}.`);
}
