#!/usr/bin/env node
import { WrongUse } from './commands/wrong-use.ts';
import { down } from './openstack/down.ts';
import { HELP } from './openstack/help.ts';
import { type Command, type OpenStackOptions, openStackOptions } from './openstack/options.ts';
import { status } from './openstack/status.ts';
import { up } from './openstack/up.ts';
import { printableLines } from './printable.ts';

const RUN: Readonly<Record<Command, (options: OpenStackOptions) => Promise<number>>> = {
  up: ({ folder }) => up(folder),
  down,
  status: ({ folder }) => status(folder),
};

/** @returns the exit code */
async function main(args: string[]): Promise<number> {
  const options = openStackOptions(args);
  if (options !== 'help') return await RUN[options.command](options);
  process.stdout.write(HELP);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = error instanceof WrongUse ? 2 : 1;
  const hint = error instanceof WrongUse ? '\nSee `npm run openstack -- --help`.' : '';
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`openstack: ${printableLines(message)}${hint}\n`);
}
