import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isFree } from './free-port.ts';
import {
  killGroup,
  logEnd,
  members,
  type ProcessGroup,
  type ServerCommand,
  spawnServer,
  terminateGroup,
} from './process-group.ts';
import { environmentIn, OpenStackError, runProgram } from './run-program.ts';

/** Such a check asks for little; a server that is busy with one request answers the next in this time. */
const ANSWER_TIMEOUT_MS = 5_000;

/** How one knows that a server can be used: an address that answers 2xx, or a program that ends with 0. */
export type HealthCheck = { readonly url: string } | { readonly program: string; readonly args: readonly string[] };

/** @param folder in which the program runs */
async function isHealthy(check: HealthCheck, folder: string): Promise<boolean> {
  try {
    if ('url' in check) return await answers(check.url);
    await runProgram(check.program, check.args, {
      folder,
      environment: environmentIn(folder),
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    return true;
  } catch {
    return false; // not yet, or no longer: that is what is asked here
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  await response.arrayBuffer();
  return response.ok;
}

/** For messages. */
function nameOfCheck(check: HealthCheck): string {
  return 'url' in check ? check.url : `\`${[check.program, ...check.args].join(' ')}\``;
}

/** None takes more than two seconds on an idle machine; only a server that hangs reaches this on a busy one. */
const START_TIMEOUT_MS = 300_000;

/** Glance takes half a second, and more only when a request holds it. */
const STOP_TIMEOUT_MS = 10_000;

/** Far more than the system takes to let go of a port; longer, and another program has it. */
const PORT_TIMEOUT_MS = 5_000;

/** A start takes two seconds; this is not felt in it. */
const POLL_MS = 50;

/** A server in a process group of its own, found again by its pid file. */
export class ServerProcess {
  readonly #command: ServerCommand;

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  get name(): string {
    return this.#command.name;
  }

  get address(): string {
    return this.#command.address;
  }

  /** The ids of its living processes. */
  get processIds(): readonly number[] {
    const group = this.#group();
    return group === undefined ? [] : members(group);
  }

  /** Whether it runs and answers. Workers serve on without the process that would replace them: that is half of it. */
  async isUp(): Promise<boolean> {
    const group = this.#group();
    return group !== undefined && members(group).includes(group.pid) && (await this.#isHealthy());
  }

  /**
   * Returns when it answers. What is left of an earlier one is ended first.
   * @param outlive whether it goes on when this process ends
   * @throws OpenStackError when its port is taken, or with the end of its log when it ends at once or never answers
   */
  async start(outlive: boolean): Promise<void> {
    await this.kill();
    const { name, port } = this.#command;
    if (port !== undefined) await portFree(name, port);
    const pid = await spawnServer(this.#command, outlive);
    await writeFile(pidFile(this.#command.folder), `${pid}\n`);
    await this.#answering();
  }

  /** Returns when all of its processes have ended. */
  async stop(): Promise<void> {
    const group = this.#group();
    if (group === undefined) return;
    if (!(await terminateGroup(group, STOP_TIMEOUT_MS))) await this.kill();
  }

  /** Ends all of its processes at once, as a crash would. */
  async kill(): Promise<void> {
    const group = this.#group();
    if (group === undefined) return;
    if (await killGroup(group, STOP_TIMEOUT_MS)) return;
    throw new OpenStackError(`${this.#command.name} (process ${group.pid}) does not end, even by SIGKILL.`);
  }

  #group(): ProcessGroup | undefined {
    const { folder, mark } = this.#command;
    const file = pidFile(folder);
    return existsSync(file) ? { pid: Number(readFileSync(file, 'utf8')), mark } : undefined;
  }

  #isHealthy(): Promise<boolean> {
    return isHealthy(this.#command.health, this.#command.folder);
  }

  async #answering(): Promise<void> {
    const { name, folder, health } = this.#command;
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#isHealthy())) {
      if (this.processIds.length === 0) {
        throw new OpenStackError(`${name} ended while it started. The end of its log:\n${logEnd(folder)}`);
      }
      if (Date.now() > deadline) {
        await this.kill();
        throw new OpenStackError(
          `${name} did not answer ${nameOfCheck(health)}. The end of its log:\n${logEnd(folder)}`,
        );
      }
      await setTimeout(POLL_MS);
    }
  }
}

/** The system lets go of a port a moment after the process that had it. */
async function portFree(name: string, port: number): Promise<void> {
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

function pidFile(folder: string): string {
  return join(folder, 'pid');
}
