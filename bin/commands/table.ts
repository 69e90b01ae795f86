import type { Command } from '../terminal/command.ts';
import { backfill } from './backfill.ts';
import { clean } from './clean.ts';
import { completion } from './completion.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { drop } from './drop.ts';
import { inspect } from './inspect.ts';
import { ls } from './ls.ts';
import { reconcile } from './reconcile.ts';
import { retry } from './retry.ts';
import { stack } from './stack.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { ui } from './ui.ts';
import { verify } from './verify.ts';

/** Every command, in the order of the help. A new one is one file and one line here. */
export const COMMANDS: readonly Command[] = [
  demo,
  start,
  drop,
  ls,
  status,
  verify,
  ui,
  inspect,
  retry,
  reconcile,
  backfill,
  doctor,
  stack,
  clean,
  completion,
];
