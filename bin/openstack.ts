#!/usr/bin/env node
import { down, status, up } from './openstack/commands.ts';
import { type Command, HELP, type OpenStackOptions, openStackOptions } from './openstack/options.ts';
import { printableLines } from './printable.ts';
import { DONE, FAILED, WRONG_USE, WrongUse } from './terminal/exit-codes.ts';

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
  return DONE;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = error instanceof WrongUse ? WRONG_USE : FAILED;
  const hint = error instanceof WrongUse ? '\nSee `npm run openstack -- --help`.' : '';
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`openstack: ${printableLines(message)}${hint}\n`);
}
