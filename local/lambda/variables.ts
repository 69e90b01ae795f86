import type { Principal } from '../access/access.ts';
import type { FunctionPlan } from '../template/functions.ts';
import { REGION } from '../template/names.ts';

/** The addresses of the services, as the SDKs look for them (AWS SDKs reference guide, "Service-specific endpoints"). */
export interface Endpoints {
  readonly s3: string;
  readonly sqs: string;
  readonly sns: string;
  readonly secretsManager: string;
  readonly lambda: string;
}

/** The environment by which the SDKs and the AWS command line use this stack as a given principal. */
export function clientVariables(principal: Principal, endpoints: Endpoints): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: principal.accessKeyId,
    AWS_SECRET_ACCESS_KEY: principal.secretAccessKey,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_SNS: endpoints.sns,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
    AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
  };
}

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY'];
const OWN_ADDRESSES = 'localhost,127.0.0.1,::1';

/** The proxies of this machine, by which a real cloud may have to be reached; the stack itself is never behind them. */
export function proxyVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const read = (name: string) => environment[name.toLowerCase()] ?? environment[name];
  const set = PROXIES.flatMap((name): [string, string][] => {
    const value = read(name);
    return value ? [[name, value]] : [];
  });
  if (set.length === 0) return {};
  const past = [read('NO_PROXY'), OWN_ADDRESSES].filter(Boolean).join(',');
  return { ...Object.fromEntries(set), NO_PROXY: past };
}

/** The share of a function's memory that its heap may take; the rest is for buffers, code and stacks. */
const HEAP_SHARE = 0.9;

/** Everything a function finds in its environment ("Using Lambda environment variables", defined runtime variables). */
export function functionVariables(
  plan: FunctionPlan,
  client: Readonly<Record<string, string>>,
  logStreamName: string,
): Record<string, string> {
  const heap = `--max-old-space-size=${Math.floor(plan.memorySize * HEAP_SHARE)}`;
  const nodeOptions = new Set([heap, ...(plan.environment.NODE_OPTIONS ?? '').split(' ')]);
  return {
    PATH: process.env.PATH ?? '',
    TZ: 'UTC',
    ...proxyVariables(process.env),
    ...plan.environment,
    ...client,
    NODE_OPTIONS: [...nodeOptions].join(' ').trim(),
    AWS_LAMBDA_FUNCTION_NAME: plan.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(plan.memorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: plan.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: plan.folder,
    _HANDLER: plan.handler,
  };
}
