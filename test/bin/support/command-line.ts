import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const IMAGEDROP = join(import.meta.dirname, '../../../bin/imagedrop.js');

export interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** A user with a folder, a home and a shell of their own, who types commands. */
export class CommandLine {
  readonly folder: string;
  readonly environment: Record<string, string | undefined>;
  readonly #running = new Set<ChildProcess>();

  private constructor(folder: string, environment: Record<string, string>) {
    this.folder = folder;
    const { INIT_CWD: _, OS_CLIENT_CONFIG_FILE: __, OS_CLOUD: ___, NO_COLOR: ____, ...rest } = process.env;
    // Whoever runs the tests may have keys, a region and a memory of stacks.
    const aws = Object.keys(rest).filter((name) => name.startsWith('AWS_'));
    const without = Object.fromEntries(Object.entries(rest).filter(([name]) => !aws.includes(name)));
    const home = {
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    };
    this.environment = { ...without, ...home, AWS_EC2_METADATA_DISABLED: 'true', ...environment };
  }

  static async open(environment: Record<string, string> = {}): Promise<CommandLine> {
    return new CommandLine(await mkdtemp(join(tmpdir(), 'imagedrop-cli-')), environment);
  }

  async close(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** @returns its name, as the user types it */
  async file(name: string, bytes: Buffer | string): Promise<string> {
    await mkdir(dirname(join(this.folder, name)), { recursive: true });
    await writeFile(join(this.folder, name), bytes);
    return name;
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** @returns what the command prints with --json, and its exit code */
  async json(...args: string[]) {
    const { code, out, err } = await this.run(...args, '--json');
    try {
      return { code, document: JSON.parse(out), err };
    } catch (cause) {
      throw new Error(`${args.join(' ')} printed no JSON: ${out}${err}`, { cause });
    }
  }

  start(...args: string[]): Run {
    const child = spawn(process.execPath, [IMAGEDROP, ...args], { cwd: this.folder, env: this.environment });
    this.#running.add(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const ended = new Promise<Ended>((resolve) =>
      child.on('close', (code) => {
        this.#running.delete(child);
        resolve({ code, out, err });
      }),
    );
    return { child, ended };
  }
}
