import { OpenStackError } from './openstack-error.ts';

/**
 * Characters that OpenStack's programs do not take as they are in the path of a file: `$` begins a reference
 * (oslo.config), `;` separates files (Keystone), `#`, `%` and `\` are of PasteDeploy's addresses, `?` begins the query of
 * an image's location, of which the database in its turn takes characters of three bytes at most.
 */
const MISREAD = /[#$%;?\\\p{Cc}\u{10000}-\u{10FFFF}]/u;

/** @throws OpenStackError when a service could not work in this folder, and would say so in words that nobody knows */
export function refuseMisreadPath(folder: string): void {
  const [character] = MISREAD.exec(folder) ?? [];
  if (character === undefined) return;
  throw new OpenStackError(
    `Keystone and Glance cannot work in ${JSON.stringify(folder)}: they misread ${JSON.stringify(character)} in a path. ` +
      'Name a folder without # $ % ; ? \\, emoji and control characters.',
  );
}
