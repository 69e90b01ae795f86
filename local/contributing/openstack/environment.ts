/**
 * What OpenStack's programs find in their environment: no proxy between services of one machine, no Python of the
 * user's own, and settings from the folder alone (they also look in the home directory).
 */
export function environmentIn(folder: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LANG: 'C.UTF-8', ...more };
}
