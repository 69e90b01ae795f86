import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below a folder that has one of the texts in it, with the text. */
export async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    for (const text of texts) if (content.includes(text)) found.push(`${path}: ${text}`);
  }
  return found;
}

export interface RunningProcess {
  readonly pid: number;
  readonly commandLine: string;
  readonly environment: string;
}

/** This process and all that it has started (proc(5)). */
export async function processes(): Promise<RunningProcess[]> {
  const family: RunningProcess[] = [];
  for (let generation = [process.pid]; generation.length > 0; ) {
    const members = await Promise.all(generation.map(async (pid) => ({ pid, ...(await describe(pid)) })));
    family.push(...members);
    generation = (await Promise.all(generation.map(childrenOf))).flat();
  }
  return family;
}

async function describe(pid: number) {
  return { commandLine: await ofProcess(pid, 'cmdline'), environment: await ofProcess(pid, 'environ') };
}

/** Empty for a process that has ended meanwhile. */
function ofProcess(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => ofProcess(pid, `task/${thread}/children`)));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** Addresses at which a process listens, as /proc/net/tcp and tcp6 write them: hexadecimal, with the port. */
export async function listeningAddresses(pid: number): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  const sockets = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter(Boolean));
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => ofProcess(pid, `net/${table}`)));
  return tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTEN && sockets.has(inode))
    .map(([, address = '']) => address);
}

/** include/net/tcp_states.h: TCP_LISTEN. */
const LISTEN = '0A';
