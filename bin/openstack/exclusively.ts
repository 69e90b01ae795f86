import { lockFolder } from '../../local/folder-lock.ts';

/** Two commands at once would start everything twice. @throws Error when another one is at work in the folder */
export async function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const unlock = lockedBy(folder);
  try {
    return await work();
  } finally {
    unlock();
  }
}

function lockedBy(folder: string): () => void {
  try {
    return lockFolder(folder);
  } catch (cause) {
    throw new Error(`Another \`npm run openstack\` is at work in ${folder}; wait for its end.`, { cause });
  }
}
