import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { refuseMisreadPath } from './misread-path.ts';
import { OpenStackError } from './openstack-error.ts';

/**
 * An empty folder for a service, in place of what an attempt that was broken off has left there.
 * @param mark the file that such an attempt leaves first; a folder without it is somebody else's
 * @throws OpenStackError when the folder is somebody else's, or its path one that services misread
 */
export async function emptyFolder(folder: string, mark: string): Promise<void> {
  refuseMisreadPath(folder);
  if (existsSync(folder) && !existsSync(mark) && readdirSync(folder).length > 0) {
    throw new OpenStackError(`${folder} is there already and holds something else; name another folder.`);
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
}
