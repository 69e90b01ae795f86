import { readFileSync } from 'node:fs';

/**
 * The most memory, in MiB, that a process has held (proc(5), VmHWM).
 * @returns undefined where the system does not say, or the process is gone
 */
export function maxMemoryMib(pid: number | undefined): number | undefined {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Math.ceil(Number(kib) / 1024);
  } catch {
    return undefined;
  }
}
