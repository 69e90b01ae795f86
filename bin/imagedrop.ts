#!/usr/bin/env node
import { inspect } from './commands/inspect.ts';
import { reconcile } from './commands/reconcile.ts';
import { retry } from './commands/retry.ts';
import { start } from './commands/start.ts';
import { ui } from './commands/ui.ts';
import { WrongUse } from './commands/wrong-use.ts';
import { printableLines } from './printable.ts';

const HELP = `imagedrop: drop a disk image into a bucket; it becomes a verified, bootable image in your cloud.

Usage:
  imagedrop start [FILE…] [--os-cloud NAME] [--kind glance|ims] [--json]
  imagedrop inspect FILE|s3://BUCKET/KEY [--json]
  imagedrop retry KEY…|--all-failed [--stack NAME]
  imagedrop reconcile [--dry-run] [--stack NAME]
  imagedrop ui [--stack NAME] [--port PORT] [--no-open]

Commands:
  start      runs the whole stack on this machine; with files, drops them and waits until they are images
  inspect    says what a file is, whether it is safe, and which targets would take it
  retry      brings drops that have failed back from the start
  reconcile  finds what got lost and sends it round again
  ui         a page to drop images and to watch what becomes of them

\`imagedrop COMMAND --help\` says more.
`;

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  inspect,
  reconcile,
  retry,
  start,
  ui,
};

/** Exit codes: 0 done, 1 something failed, 2 wrong use. */
async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) throw new WrongUse(`There is no command ${JSON.stringify(name)}.`);
  return command(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = error instanceof WrongUse ? 2 : 1;
  const hint = error instanceof WrongUse ? '\nSee `imagedrop --help`.' : '';
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`imagedrop: ${printableLines(message)}${hint}\n`);
}
