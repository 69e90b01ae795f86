import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isFree } from './free-port.ts';
import { OpenStackError } from './openstack-error.ts';
import { groupEnded, members, type ProcessGroup, signalGroup } from './process-group.ts';

export interface ServerCommand {
  /** For messages: Keystone, Glance. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** The working directory; `pid` and `output.log` lie here. */
  readonly folder: string;
  /** A text of the arguments that no other process has, such as the path of its settings. */
  readonly mark: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly port: number;
  /** What its clients are told. */
  readonly url: string;
  /** Answers 2xx as soon as the server can be used. */
  readonly healthUrl: string;
}

/** Both take two seconds on an idle machine; a busy one gets thirty times that. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const PORT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 5_000;
const POLL_MS = 50;
const LAST_CHARACTERS = 2000;

/** A server in a process group of its own, found again by its pid file. */
export class ServerProcess {
  readonly #command: ServerCommand;

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  get name(): string {
    return this.#command.name;
  }

  get url(): string {
    return this.#command.url;
  }

  /** The ids of its living processes. */
  get processIds(): readonly number[] {
    const group = this.#group();
    return group === undefined ? [] : members(group);
  }

  /** Whether it runs and answers. Workers serve on without the process that would replace them: that is half of it. */
  async isUp(): Promise<boolean> {
    const group = this.#group();
    return group !== undefined && members(group).includes(group.pid) && (await answers(this.#command.healthUrl));
  }

  /**
   * Returns when it answers. What is left of an earlier one is ended first.
   * @param outlive whether it goes on when this process ends
   * @throws OpenStackError when its port is taken, or with the end of its log when it ends at once or never answers
   */
  async start(outlive: boolean): Promise<void> {
    await this.kill();
    await portFree(this.#command);
    const pid = await spawnDetached(this.#command, outlive);
    await writeFile(pidFile(this.#command.folder), `${pid}\n`);
    await this.#answering();
  }

  /** Returns when all of its processes have ended. */
  async stop(): Promise<void> {
    const group = this.#group();
    if (group === undefined) return;
    signalGroup(group, 'SIGTERM');
    if (!(await groupEnded(group, STOP_TIMEOUT_MS))) await this.kill();
  }

  /** Ends all of its processes at once, as a crash would. */
  async kill(): Promise<void> {
    const group = this.#group();
    if (group === undefined) return;
    signalGroup(group, 'SIGKILL');
    if (await groupEnded(group, STOP_TIMEOUT_MS)) return;
    throw new OpenStackError(`${this.#command.name} (process ${group.pid}) does not end, even by SIGKILL.`);
  }

  #group(): ProcessGroup | undefined {
    const { folder, mark } = this.#command;
    const file = pidFile(folder);
    return existsSync(file) ? { pid: Number(readFileSync(file, 'utf8')), mark } : undefined;
  }

  async #answering(): Promise<void> {
    const { name, folder, healthUrl } = this.#command;
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await answers(healthUrl))) {
      if (this.processIds.length === 0) {
        throw new OpenStackError(`${name} ended while it started. The end of its log:\n${logEnd(folder)}`);
      }
      if (Date.now() > deadline) {
        await this.kill();
        throw new OpenStackError(`${name} did not answer at ${healthUrl}. The end of its log:\n${logEnd(folder)}`);
      }
      await setTimeout(POLL_MS);
    }
  }
}

/** Without `outlive` the system ends it with this process, however that ends (prctl(2), PR_SET_PDEATHSIG). */
async function spawnDetached(command: ServerCommand, outlive: boolean): Promise<number> {
  const { program, args, folder, environment } = command;
  const log = openSync(logFile(folder), 'a', 0o600);
  try {
    const [file, ...rest] = outlive ? [program, ...args] : ['setpriv', '--pdeathsig', 'TERM', program, ...args];
    const child = spawn(file, rest, {
      cwd: folder,
      env: { ...environment },
      detached: true,
      stdio: ['ignore', log, log],
    });
    await once(child, 'spawn');
    child.unref();
    return child.pid as number;
  } catch (cause) {
    throw new OpenStackError(`${program} cannot be started: ${(cause as Error).message}`, { cause });
  } finally {
    closeSync(log);
  }
}

/** The system lets go of a port a moment after the process that had it. */
async function portFree({ name, port }: ServerCommand): Promise<void> {
  const deadline = Date.now() + PORT_TIMEOUT_MS;
  while (!(await isFree(port))) {
    if (Date.now() > deadline) {
      throw new OpenStackError(
        `${name} needs the port ${port} of 127.0.0.1, and another program has taken it. End that.`,
      );
    }
    await setTimeout(POLL_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // not yet, or no longer: that is what is asked here
  }
}

function pidFile(folder: string): string {
  return join(folder, 'pid');
}

function logFile(folder: string): string {
  return join(folder, 'output.log');
}

function logEnd(folder: string): string {
  return readFileSync(logFile(folder), 'utf8').slice(-LAST_CHARACTERS);
}
