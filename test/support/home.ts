import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Surroundings } from '../../bin/clouds/cloud-files.ts';

/** A user of the test's own: a home folder, a working directory and an environment. */
export interface Home extends Surroundings {
  /** Writes a file; `~/…` lies in the home folder, anything else in the working directory. @returns its whole path */
  file(path: string, text: string): Promise<string>;
  /** The same user with variables set. */
  with(environment: Surroundings['environment'], platform?: NodeJS.Platform): Home;
  remove(): Promise<void>;
}

export async function home(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-home-'));
  const place = (path: string) =>
    path.startsWith('~/') ? join(folder, 'home', path.slice(2)) : join(folder, 'work', path);
  const made: Home = {
    // The machine's own folders may hold files of whoever runs the test.
    environment: { XDG_CONFIG_DIRS: join(folder, 'etc/xdg') },
    workingDirectory: join(folder, 'work'),
    home: join(folder, 'home'),
    platform: 'linux',
    async file(path, text) {
      await mkdir(dirname(place(path)), { recursive: true });
      await writeFile(place(path), text);
      return place(path);
    },
    with: (environment, platform = made.platform) => ({
      ...made,
      platform,
      environment: { ...made.environment, ...environment },
    }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  return made;
}
