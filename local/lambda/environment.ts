import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import type { FromEnvironment, InvocationError, Invoke } from './protocol.ts';

export type Outcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: InvocationError };

export interface EnvironmentOptions {
  /** Everything the process finds in its environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Called for each line that the function writes. */
  readonly onLine: (line: string) => void;
}

/**
 * Lambda gives a function ten seconds to load ("Lambda execution environment lifecycle", init phase). A busy machine may
 * need longer; only a handler that hangs reaches this.
 */
const INIT_TIMEOUT_MS = 120_000;

/** TypeScript in a clone of the project, JavaScript in an installed package. */
const MAIN = join(import.meta.dirname, `environment-main${extname(import.meta.filename)}`);

/** One function environment: a process that serves one invocation at a time, until it dies. */
export class Environment {
  /** Settles when the handler is loaded, or cannot be. */
  readonly ready: Promise<Outcome>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #settle: ((outcome: Outcome) => void) | undefined;
  #alive = true;
  #maxMemoryMib: number | undefined;

  constructor({ variables, folder, onLine }: EnvironmentOptions) {
    this.#child = spawn(process.execPath, [MAIN], {
      cwd: folder,
      env: variables,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      if (output) createInterface({ input: output }).on('line', onLine);
    }
    this.#child.on('message', (message: FromEnvironment) => void this.#receive(message));
    this.#exited = this.#watchExit();
    this.ready = this.#expect(INIT_TIMEOUT_MS);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Of its process; undefined where none could be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The most memory that the process has held; undefined where the system does not say. */
  maxMemoryMib(): number | undefined {
    this.#maxMemoryMib = maxMemoryMib(this.#child.pid) ?? this.#maxMemoryMib;
    return this.#maxMemoryMib;
  }

  async invoke(invoke: Omit<Invoke, 'type' | 'deadline'>, timeoutSeconds: number): Promise<Outcome> {
    const outcome = this.#expect(timeoutSeconds * 1000);
    const deadline = Date.now() + timeoutSeconds * 1000;
    // That the process is gone is noticed by its exit, not here.
    this.#child.send({ type: 'invoke', deadline, ...invoke } satisfies Invoke, () => undefined);
    return await outcome;
  }

  /** Tells the function to end (Lambda's shutdown phase). An idle one ends at once. */
  terminate(): void {
    this.#child.kill('SIGTERM');
    if (this.#settle === undefined && this.#child.connected) this.#child.disconnect();
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Lets the process stand still for so long. */
  freeze(milliseconds: number): void {
    this.#child.kill('SIGSTOP');
    setTimeout(() => this.#child.kill('SIGCONT'), milliseconds).unref();
  }

  tell(message: object): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** The next thing the process has to say; it is killed when it stays silent. */
  async #expect(timeoutMs: number): Promise<Outcome> {
    const timer = setTimeout(() => this.#timeOut(timeoutMs), timeoutMs);
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
    });
    clearTimeout(timer);
    return outcome;
  }

  #timeOut(timeoutMs: number): void {
    this.#alive = false;
    this.maxMemoryMib();
    this.#child.kill('SIGKILL');
    const errorMessage = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
    this.#finish({ ok: false, error: { errorType: 'Sandbox.Timedout', errorMessage } });
  }

  async #watchExit(): Promise<void> {
    const how = await new Promise<string>((resolve) => {
      this.#child.once('exit', (code, signal) => {
        resolve(signal === null ? `exited with the status ${code}` : `was ended by ${signal}`);
      });
      this.#child.on('error', (error) => resolve(`failed: ${error.message}`));
    });
    // Its last lines are in the pipes now; let them be read first.
    await setImmediate();
    this.#die(how);
  }

  async #receive(message: FromEnvironment): Promise<void> {
    // As above: the lines of this invocation come before its end.
    await setImmediate();
    if (message.type === 'error') this.#finish({ ok: false, error: message.error });
    else this.#finish({ ok: true, result: message.type === 'result' ? message.result : undefined });
  }

  #die(how: string): void {
    this.#alive = false;
    const errorMessage = `The function's process ${how} before it answered`;
    this.#finish({ ok: false, error: { errorType: 'Runtime.ExitError', errorMessage } });
  }

  #finish(outcome: Outcome): void {
    this.#settle?.(outcome);
    this.#settle = undefined;
  }
}

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
