import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { WrongUse } from '../terminal/exit-codes.ts';

export const COMMANDS = ['up', 'down', 'status'] as const;
export type Command = (typeof COMMANDS)[number];

export interface OpenStackOptions {
  readonly command: Command;
  /** Absolute. */
  readonly folder: string;
  /** Whether `down` deletes what was made, too. */
  readonly purge: boolean;
}

/** Databases, images, settings and logs lie here. */
const FOLDER = '.openstack';

/**
 * @returns 'help' when that is asked for
 * @throws WrongUse naming the argument
 */
export function openStackOptions(args: string[]): OpenStackOptions | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help === true || positionals[0] === 'help') return 'help';
  const [name, extra] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined) throw new WrongUse(noSuchCommand(name));
  if (extra !== undefined) throw new WrongUse(`${command} takes no ${JSON.stringify(extra)}.`);
  const { purge = false } = values;
  if (purge && command !== 'down') throw new WrongUse(`--purge goes with down, not with ${command}.`);
  return { command, folder: folderOf(values.folder), purge };
}

function noSuchCommand(name: string | undefined): string {
  const known = `The commands are ${COMMANDS.join(', ')}.`;
  return name === undefined
    ? `A command is missing. ${known}`
    : `There is no command ${JSON.stringify(name)}. ${known}`;
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { folder: { type: 'string' }, purge: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error));
  }
}

/** npm runs its scripts in the project's folder and says in INIT_CWD where the user was. */
function folderOf(given: string | undefined): string {
  if (given === '') throw new WrongUse('--folder has no name after it.');
  return given === undefined ? resolve(FOLDER) : resolve(process.env.INIT_CWD ?? '.', given);
}

export const HELP = `openstack: a real Keystone and a real Glance on this machine, with a MariaDB of their own,
from the packages of Debian.

Usage:
  npm run openstack -- up [--folder DIR]              starts them, installs what is missing (as root)
  npm run openstack -- status [--folder DIR]          says what runs where
  npm run openstack -- down [--purge] [--folder DIR]  stops them

Options:
  --folder DIR   where their state is, and clouds.yaml (default: .openstack)
  --purge        deletes all of that, too
  -h, --help     this text

They serve this machine only, go on when the command has ended, and keep their images from one start to the next.

Exit codes: 0 done, or all of them run; 1 failed, or one of them does not run; 2 wrong use.
`;
