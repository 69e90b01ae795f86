import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT } from './pages.ts';

/** What of a clone the commands of the documentation need. */
const CLONED = ['bin', 'lib', 'lambda', 'local', 'node_modules', 'tsconfig.json'];

export interface Ended {
  readonly code: number | null;
  /** stdout and stderr, as they came. */
  readonly out: string;
}

/** Somebody who follows the documentation, with a clone of the project, a home and a shell of their own. */
export class Reader {
  /** The clone, where the commands are typed. */
  readonly folder: string;
  readonly environment: Record<string, string>;
  readonly #running = new Set<ChildProcess>();

  private constructor(folder: string, environment: Record<string, string>) {
    this.folder = folder;
    const home = join(folder, 'home');
    this.environment = {
      PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      HOME: home,
      LC_ALL: 'C.UTF-8',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
      // npm asks its registry now and then whether there is a newer one.
      npm_config_update_notifier: 'false',
      ...(process.env.NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
      ...environment,
    };
  }

  static async open(environment: Record<string, string> = {}): Promise<Reader> {
    const reader = new Reader(await mkdtemp(join(tmpdir(), 'imagedrop-reader-')), environment);
    for (const name of CLONED) await symlink(join(PROJECT, name), join(reader.folder, name));
    for (const name of ['package.json', 'cdk.json']) await cp(join(PROJECT, name), join(reader.folder, name));
    await reader.program('imagedrop', `exec node ${join(PROJECT, 'bin/imagedrop.js')} "$@"`);
    // No test opens a window.
    for (const opener of ['xdg-open', 'open']) await reader.program(opener, 'exit 0');
    return reader;
  }

  async close(): Promise<void> {
    for (const { pid } of this.#running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async file(path: string, content: Buffer | string): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true });
    await writeFile(join(this.folder, path), content);
  }

  read(path: string): Promise<string> {
    return readFile(join(this.folder, path), 'utf8');
  }

  /** Puts a program in front of all others of its name. */
  async program(name: string, script: string): Promise<void> {
    await this.file(`home/bin/${name}`, `#!/usr/bin/env bash\n${script}\n`);
    await chmod(join(this.folder, 'home/bin', name), 0o755);
  }

  /**
   * Types a command.
   * @param until ends it by Ctrl-C, which all of its processes hear, once this has been printed
   */
  type(command: string, until?: string): Promise<Ended> {
    // Of its own group, as a command of a terminal is.
    const shell = ['-o', 'pipefail', '-c', command];
    const child = spawn('bash', shell, { cwd: this.folder, env: this.environment, detached: true });
    this.#running.add(child);
    let out = '';
    let isInterrupted = false;
    const take = (chunk: Buffer) => {
      out += chunk;
      if (until === undefined || isInterrupted || !out.includes(until) || child.pid === undefined) return;
      isInterrupted = true;
      process.kill(-child.pid, 'SIGINT');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        this.#running.delete(child);
        resolve({ code, out });
      });
    });
  }
}
