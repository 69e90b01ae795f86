import type { Command } from './command.ts';

/** What `imagedrop --help` prints. */
export function overview(commands: readonly Command[]): string {
  const column = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(column)}${summary}`);
  return `imagedrop: drop a disk image into a bucket; it becomes a verified, bootable image in your cloud.

Usage:
  imagedrop COMMAND [OPTIONS]

Commands:
${lines.join('\n')}

\`imagedrop COMMAND --help\` says more, with examples.
Exit codes: 0 done, 1 something failed, 2 wrong use; docs/commands.md has those of each command.
`;
}
