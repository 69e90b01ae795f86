import { join } from 'node:path';
import type { Principal } from './access/access.ts';
import { type AccessUsage, Iam } from './access/iam.ts';
import type { StackFaults } from './faults.ts';
import { lockFolder } from './folder-lock.ts';
import type { Outcome } from './lambda/environment.ts';
import { LambdaHost } from './lambda/lambda-host.ts';
import { ScheduleRunner } from './lambda/schedule-runner.ts';
import { clientVariables, type Endpoints } from './lambda/variables.ts';
import { type S3Server, type SparseObject, startS3Server } from './s3/server.ts';
import { requireAccess } from './services/aws-fault.ts';
import { Gate } from './services/gate.ts';
import { LambdaService } from './services/lambda.ts';
import { QueueEngine } from './services/queue-engine.ts';
import { SecretsService } from './services/secrets.ts';
import { SnsService } from './services/sns.ts';
import { SqsService } from './services/sqs.ts';
import { type Ports, readState, startOnPort, writeState } from './state.ts';
import { readAssembly } from './template/assembly.ts';
import type { RolePlan } from './template/functions.ts';
import { readPlan, type StackPlan } from './template/plan.ts';
import { TemplateError } from './template/properties.ts';
import type { TargetPlan } from './template/schedules.ts';

export interface StackOptions {
  /** The folder that `cdk synth` has written. */
  readonly cloudAssembly: string;
  readonly stackName: string;
  /** Objects, messages, logs and keys are kept there; it is made when it is not there. */
  readonly folder: string;
  /** Values of secrets, by name or ARN; those of the template may be given by logical id too. */
  readonly secrets: Readonly<Record<string, string>>;
  /** @default those of the last start in this folder, or free ones where they are taken */
  readonly ports?: Ports;
  /** How long invocations under way may take when the stack stops. @default 3000 */
  readonly shutdownMs?: number;
  /** What is to go wrong; by default nothing. */
  readonly faults?: StackFaults;
  /** Called for each line that a function logs and for all errors in the stack. */
  readonly onLog?: (line: string) => void;
}

export interface EmbeddedStack {
  /** The template's Outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly endpoints: Endpoints;
  /** Keys that may do everything. */
  readonly operator: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The permissions of the roles, and which of them were used. */
  readonly access: { usage(): AccessUsage };
  /** The environment by which the SDKs and the AWS command line use this stack as its operator. */
  environment(): Record<string, string>;
  /** Runs a function once, by its name or its logical id, as Invoke does. */
  invoke(functionName: string, event: unknown): Promise<Outcome>;
  /**
   * Puts an object of any size in no time, as if the operator had uploaded it.
   * @returns its version id
   */
  putSparse(object: SparseObject): Promise<string>;
  /** Ends everything that was started; objects and messages stay in the folder. */
  stop(): Promise<void>;
}

/** Long enough to write a record, short enough for somebody who presses Ctrl-C. */
const SHUTDOWN_MS = 3000;

/**
 * Runs what a synthesized template says, in this process and in child processes for its functions.
 * @throws TemplateError when the template asks for something that cannot run here
 */
export async function startStack(options: StackOptions): Promise<EmbeddedStack> {
  const started = new Started();
  try {
    return await start(options, started);
  } catch (error) {
    await started.stop();
    throw error;
  }
}

async function start(options: StackOptions, started: Started): Promise<EmbeddedStack> {
  const services = await startServices(options, started);
  const { plan, iam, endpoints, s3 } = services;
  const found = (await options.faults?.endpoints(endpoints)) ?? endpoints;
  const host = startFunctions(options, { ...services, endpoints: found }, started);
  services.lambda.open((name, event) => host.invoke(name, event));
  const { accessKeyId, secretAccessKey } = iam.operator;
  return {
    outputs: plan.outputs,
    endpoints,
    operator: { accessKeyId, secretAccessKey },
    access: iam,
    environment: () => clientVariables(iam.operator, endpoints),
    invoke: (functionName, event) => host.invoke(functionName, event),
    putSparse: (object) => s3.putSparse(object),
    stop: () => started.stop(),
  };
}

interface Services {
  readonly plan: StackPlan;
  readonly iam: Iam;
  readonly engine: QueueEngine;
  readonly lambda: LambdaService;
  readonly endpoints: Endpoints;
  readonly s3: S3Server;
}

/** Everything that functions call. */
async function startServices(options: StackOptions, started: Started): Promise<Services> {
  const { folder, stackName, ports = {} } = options;
  const assembly = await readAssembly(options.cloudAssembly, stackName);
  const state = await readState(folder);
  started.add(lockFolder(folder));
  const engine = new QueueEngine(join(folder, 'queues'), {
    longestPauseSeconds: options.faults?.messages.longestPauseSeconds,
    onError: errorLog(options),
  });
  started.add(() => engine.close());
  const gate = await startOnPort(ports.gate, state.ports.gate, Gate.listen);
  started.add(() => gate.close());

  const plan = readPlan(assembly, { stackName, gateUrl: gate.url });
  const iam = new Iam(plan.roles, state.secret);
  await engine.provide(plan);
  const secrets = new SecretsService(plan.secrets, options.secrets, iam);
  const functionNames = plan.functions.map(({ name }) => name);
  const lambda = new LambdaService(functionNames, iam);
  const services = [new SqsService(engine, iam), new SnsService(engine, iam), secrets, lambda];
  gate.open({ services, access: iam, onError: errorLog(options) });
  const notify = (queueArn: string, body: string) => engine.send(queueArn, body);
  const s3 = await startOnPort(ports.s3, state.ports.s3, (port) =>
    startS3Server({ folder: join(folder, 'objects'), buckets: plan.buckets, access: iam, notify, port }),
  );
  started.add(() => s3.close());

  const s3Port = Number(new URL(s3.endpoint).port);
  await writeState(folder, { ...state, ports: { s3: s3Port, gate: gate.port } });
  const { url } = gate;
  const endpoints = { s3: s3.endpoint, sqs: url, sns: url, secretsManager: url, lambda: url };
  return { plan, iam, engine, lambda, endpoints, s3 };
}

/** The functions, and what makes them run: queues and schedules. */
function startFunctions(options: StackOptions, { plan, iam, engine, endpoints }: Services, started: Started) {
  const onError = errorLog(options);
  const principalOf = principalByRoleArn(plan.roles, iam);
  const host = new LambdaHost({
    functions: plan.functions,
    mappings: plan.mappings,
    access: iam,
    engine,
    principalOf,
    clientVariables: (principal) => clientVariables(principal, endpoints),
    logFolder: join(options.folder, 'logs'),
    shutdownMs: options.shutdownMs ?? SHUTDOWN_MS,
    faults: options.faults,
    onLine: (line) => options.onLog?.(line),
    onError,
  });
  const schedules = new ScheduleRunner(delivery({ iam, engine, host, principalOf }), onError);
  started.add(() => schedules.drained());
  started.add(() => host.stop());
  started.add(() => schedules.stop());
  host.start();
  schedules.start(plan.schedules);
  return host;
}

function errorLog({ onLog }: StackOptions): (error: unknown) => void {
  return (error) => onLog?.(`The stack failed: ${error instanceof Error ? error.stack : error}`);
}

/** What was started, to be stopped in reverse order. */
class Started {
  readonly #stops: (() => Promise<void> | void)[] = [];

  add(stop: () => Promise<void> | void): void {
    this.#stops.push(stop);
  }

  async stop(): Promise<void> {
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) await stop();
  }
}

function principalByRoleArn(roles: readonly RolePlan[], iam: Iam): (roleArn: string) => Principal {
  return (roleArn) => {
    const role = roles.find(({ arn }) => arn === roleArn);
    const principal = role && iam.role(role.logicalId);
    if (principal === undefined) throw new TemplateError(`The template has no role ${roleArn}`);
    return principal;
  };
}

interface DeliveryParts {
  readonly iam: Iam;
  readonly engine: QueueEngine;
  readonly host: LambdaHost;
  readonly principalOf: (roleArn: string) => Principal;
}

/** Brings what a schedule sends to its target, with the permission of the schedule's role where it has one. */
function delivery({ iam, engine, host, principalOf }: DeliveryParts) {
  return async ({ arn, roleArn }: TargetPlan, event: string): Promise<void> => {
    const isFunction = arn.startsWith('arn:aws:lambda:');
    const action = isFunction ? 'lambda:InvokeFunction' : 'sqs:SendMessage';
    if (roleArn !== undefined) requireAccess(iam, principalOf(roleArn), action, arn);
    if (isFunction) await host.invoke(arn, JSON.parse(event));
    else await engine.send(arn, event);
  };
}
