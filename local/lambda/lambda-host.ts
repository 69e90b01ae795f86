import type { Access, Principal } from '../access/access.ts';
import type { FunctionFaults, MessageFaults } from '../faults.ts';
import type { QueueEngine } from '../services/queue-engine.ts';
import type { FunctionPlan, MappingPlan } from '../template/functions.ts';
import { TemplateError } from '../template/properties.ts';
import type { Outcome } from './environment.ts';
import { LambdaFunction } from './lambda-function.ts';
import { QueuePoller } from './queue-poller.ts';

export interface LambdaHostOptions {
  readonly functions: readonly FunctionPlan[];
  readonly mappings: readonly MappingPlan[];
  readonly access: Access;
  readonly engine: QueueEngine;
  /** @throws TemplateError when the template has no such role */
  readonly principalOf: (roleArn: string) => Principal;
  /** By which a function's clients find this stack. */
  readonly clientVariables: (principal: Principal) => Readonly<Record<string, string>>;
  readonly logFolder: string;
  /** How long invocations under way may take when the stack stops. */
  readonly shutdownMs: number;
  /** What is to go wrong. */
  readonly faults?: { readonly functions: FunctionFaults; readonly messages: MessageFaults } | undefined;
  readonly onLine: (line: string) => void;
  readonly onError: (error: unknown) => void;
}

/** All functions of a stack and what polls for them. */
export class LambdaHost {
  readonly #functions: readonly LambdaFunction[];
  readonly #pollers: readonly QueuePoller[];

  /** @throws TemplateError when a mapping cannot work: the function is missing, or its role may not read the queue */
  constructor(options: LambdaHostOptions) {
    const { access, logFolder, onLine, shutdownMs } = options;
    const faults = options.faults?.functions;
    this.#functions = options.functions.map((plan) => {
      const principal = options.principalOf(plan.roleArn);
      const clientVariables = options.clientVariables(principal);
      return new LambdaFunction({ plan, principal, access, clientVariables, logFolder, onLine, faults, shutdownMs });
    });
    this.#pollers = options.mappings.map((mapping) => this.#poller(mapping, options));
  }

  /** Begins to poll. */
  start(): void {
    for (const poller of this.#pollers) poller.start();
  }

  /**
   * @param name the function's name, ARN or logical id
   * @throws TemplateError when there is no such function
   */
  async invoke(name: string, event: unknown): Promise<Outcome> {
    return await this.#function(name).invoke(event);
  }

  /** Takes no more messages, lets the functions end what they do, and leaves no process behind. */
  async stop(): Promise<void> {
    for (const poller of this.#pollers) poller.stop();
    await Promise.all(this.#functions.map((it) => it.stop()));
    await Promise.all(this.#pollers.map((poller) => poller.drained()));
  }

  #function(name: string): LambdaFunction {
    const found = this.#functions.find(({ plan }) => [plan.name, plan.arn, plan.logicalId].includes(name));
    if (found === undefined) throw new TemplateError(`The template has no function ${name}`);
    return found;
  }

  #poller(mapping: MappingPlan, options: LambdaHostOptions): QueuePoller {
    const target = this.#function(mapping.functionName);
    checkMapping(mapping, target.plan, options);
    const { engine, onError } = options;
    return new QueuePoller({ mapping, target, engine, faults: options.faults?.messages, onError });
  }
}

/** What Lambda asks for when a mapping is created ("Using Lambda with Amazon SQS"). */
function checkMapping({ queueArn }: MappingPlan, target: FunctionPlan, options: LambdaHostOptions): void {
  const principal = options.principalOf(target.roleArn);
  for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']) {
    if (options.access.allows(principal, action, queueArn)) continue;
    throw new TemplateError(`${principal.name} does not allow ${action} on ${queueArn}, which it is to poll`);
  }
  const visibilitySeconds = options.engine.visibilitySeconds(queueArn);
  if (visibilitySeconds >= target.timeoutSeconds) return;
  throw new TemplateError(
    `The visibility time-out of ${queueArn} (${visibilitySeconds} s) is shorter than ` +
      `the time-out of ${target.logicalId} (${target.timeoutSeconds} s), which works on its messages`,
  );
}
