import { execFileSync } from 'node:child_process';

/** What is compared with, by the command that it is run by, and the package of Debian that brings it. */
export const TOOLS = {
  nginx: 'nginx-light',
  curl: 'curl',
  rclone: 'rclone',
  openstack: 'python3-openstackclient',
  'keystone-manage': 'keystone',
  'glance-api': 'glance-api',
  gzip: 'gzip',
  zstd: 'zstd',
  xz: 'xz-utils',
  bzip2: 'bzip2',
} as const;

export type Tool = keyof typeof TOOLS;

/** Where Debian keeps servers; a user's PATH has it not. */
export const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

export function has(tool: Tool): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { env: { PATH }, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns a sentence for each that is not there */
export function missing(tools: readonly Tool[]): readonly string[] {
  return tools
    .filter((tool) => !has(tool))
    .map((tool) => `${tool} is not there; install it with \`apt-get install --no-install-recommends ${TOOLS[tool]}\`.`);
}
