import { randomBytes, randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Access, Principal } from '../access/access.ts';
import type { FaultyEnvironment, FunctionFaults } from '../faults.ts';
import type { FunctionPlan } from '../template/functions.ts';
import { arn } from '../template/names.ts';
import { Environment, type Outcome } from './environment.ts';
import { FunctionLog } from './function-log.ts';
import { functionVariables } from './variables.ts';

export interface FunctionOptions {
  readonly plan: FunctionPlan;
  /** The holder of the function's role. */
  readonly principal: Principal;
  readonly access: Access;
  /** By which the function's clients find this stack. */
  readonly clientVariables: Readonly<Record<string, string>>;
  readonly logFolder: string;
  readonly onLine: (line: string) => void;
  readonly faults?: FunctionFaults | undefined;
  /** How long invocations under way may take when the stack stops. */
  readonly shutdownMs: number;
}

/** Lambda does not say how long it keeps an idle environment; on one machine each holds some 140 MB that others need. */
const IDLE_MS = 60 * 1000;
/** A machine is not a cloud: more invocations at a time would only share its cores, after each has paid for its own start. */
const MACHINE_CONCURRENCY = 2 * availableParallelism();

/** A function and its environments: as many as are needed at one time, used again while they live. */
export class LambdaFunction {
  readonly #options: FunctionOptions;
  readonly #log: FunctionLog;
  readonly #environments = new Set<Environment>();
  /** The one used last is at the end, and is used first. */
  readonly #idle: { readonly environment: Environment; readonly reaper: NodeJS.Timeout }[] = [];
  readonly #waiting: (() => void)[] = [];
  /** How those who make faults know each environment. */
  readonly #faulty = new WeakMap<Environment, FaultyEnvironment>();
  readonly #running = new Set<Promise<Outcome>>();

  #stopped = false;

  constructor(options: FunctionOptions) {
    this.#options = options;
    this.#log = new FunctionLog(options.logFolder, options.plan.name, options.onLine);
  }

  get plan(): FunctionPlan {
    return this.#options.plan;
  }

  /** Resolves when an invocation would begin at once. */
  async capacity(): Promise<void> {
    while (this.#isFull) await this.#turn();
  }

  /** Runs one invocation; waits for its turn where the function's concurrency is bounded. */
  async invoke(event: unknown): Promise<Outcome> {
    while (this.#isFull) await this.#turn();
    if (this.#stopped) return { ok: false, error: { errorType: 'Sandbox.Stopped', errorMessage: 'The stack stops' } };
    const running = this.#invoke(event);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  /** Ends all environments; working ones get a moment. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const environment of this.#environments) environment.terminate();
    const patience = new Promise((resolve) => setTimeout(resolve, this.#options.shutdownMs).unref());
    await Promise.race([Promise.all(this.#running), patience]);
    await Promise.all([...this.#environments].map((environment) => environment.kill()));
    await Promise.all(this.#running);
    for (const { reaper } of this.#idle) clearTimeout(reaper);
    this.#log.close();
  }

  get #isFull(): boolean {
    return this.#running.size >= Math.min(this.plan.reservedConcurrency ?? MACHINE_CONCURRENCY, MACHINE_CONCURRENCY);
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #invoke(event: unknown): Promise<Outcome> {
    const environment = this.#takeIdle() ?? this.#startEnvironment();
    const initial = await environment.ready;
    const requestId = randomUUID();
    this.#log.write(`START RequestId: ${requestId} Version: $LATEST`);
    const began = performance.now();
    const ended = this.#faultsBegin(environment, event);
    const outcome = initial.ok
      ? await environment.invoke({ requestId, functionArn: this.plan.arn, event }, this.plan.timeoutSeconds)
      : initial;
    ended();
    this.#report(requestId, outcome, performance.now() - began, environment.maxMemoryMib());
    if (initial.ok && environment.alive) this.#keep(environment);
    else await this.#discard(environment);
    return outcome;
  }

  #takeIdle(): Environment | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      clearTimeout(idle.reaper);
      if (idle.environment.alive) return idle.environment;
      this.#environments.delete(idle.environment);
    }
    return undefined;
  }

  #startEnvironment(): Environment {
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    const logStreamName = `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
    const mayLog = this.#mayLog(logStreamName);
    const kill = () => void environment.kill();
    const freeze = (milliseconds: number) => environment.freeze(milliseconds);
    const tell = (message: object) => environment.tell(message);
    const faulty = { functionName: this.plan.name, kill, freeze, tell };
    const variables = functionVariables(this.plan, this.#options.clientVariables, logStreamName);
    const environment: Environment = new Environment({
      variables: this.#options.faults?.environment(faulty, variables) ?? variables,
      folder: this.plan.folder,
      onLine: (line) => mayLog && this.#log.write(line),
    });
    this.#environments.add(environment);
    this.#faulty.set(environment, faulty);
    return environment;
  }

  /** @returns what to call when the invocation has ended */
  #faultsBegin(environment: Environment, event: unknown): () => void {
    const faulty = this.#faulty.get(environment);
    return (faulty && this.#options.faults?.invocation(faulty, event)) ?? (() => undefined);
  }

  /** As with CloudWatch Logs, what a function may not log is lost. */
  #mayLog(logStreamName: string): boolean {
    const stream = arn('logs', `log-group:${this.plan.logGroupName}:log-stream:${logStreamName}`);
    const { access, principal, onLine } = this.#options;
    const allowed = ['logs:CreateLogStream', 'logs:PutLogEvents'].every((it) => access.allows(principal, it, stream));
    if (!allowed) onLine(`${this.plan.name}: its role does not allow it to write its log`);
    return allowed;
  }

  #keep(environment: Environment): void {
    const reaper = setTimeout(() => void this.#discard(environment), IDLE_MS).unref();
    this.#idle.push({ environment, reaper });
  }

  async #discard(environment: Environment): Promise<void> {
    this.#environments.delete(environment);
    const index = this.#idle.findIndex((idle) => idle.environment === environment);
    if (index >= 0) this.#idle.splice(index, 1);
    await environment.kill();
  }

  #report(requestId: string, outcome: Outcome, durationMs: number, memoryMib: number | undefined): void {
    // What the function threw it has logged itself; how its process ended only the host can tell.
    if (!outcome.ok && /^(Runtime|Sandbox)\./.test(outcome.error.errorType)) {
      this.#log.write(`${new Date().toISOString()} ${requestId} ${outcome.error.errorMessage}`);
    }
    this.#log.write(
      [
        `REPORT RequestId: ${requestId}`,
        `Duration: ${durationMs.toFixed(2)} ms`,
        `Billed Duration: ${Math.ceil(durationMs)} ms`,
        `Memory Size: ${this.plan.memorySize} MB`,
        ...(memoryMib === undefined ? [] : [`Max Memory Used: ${memoryMib} MB`]),
      ].join('\t'),
    );
  }
}
