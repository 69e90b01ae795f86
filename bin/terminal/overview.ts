import type { Command } from './command.ts';

/** What `imagedrop --help` prints. */
export function overview(commands: readonly Command[]): string {
  const column = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(column)}${summary}`);
  return `imagedrop: drop a disk image into a bucket; it becomes a verified, bootable image in your cloud.

Usage:
  imagedrop COMMAND [OPTIONS]

To begin with:
  imagedrop start               the whole stack on this machine, in a terminal of its own
  imagedrop drop FILE --wait    a file, until it is an image; with --stack NAME by a deployed stack
  imagedrop status KEY          all that is known of it, and what to do where it has failed

Commands:
${lines.join('\n')}

\`imagedrop COMMAND --help\` says more, with examples.
Exit codes: 0 done, 1 something failed, 2 wrong use; docs/commands.md has those of each command.
`;
}
