import type { IncomingHttpHeaders } from 'node:http';
import type { Access } from '../access/access.ts';
import { percentDecode } from '../access/request-target.ts';
import type { Outcome } from '../lambda/environment.ts';
import { arn } from '../template/names.ts';
import { AwsFault, requireAccess } from './aws-fault.ts';
import type { AwsAnswer, AwsRequest, AwsService } from './gate.ts';

/** Runs a function by its name, as LambdaHost does. */
export type Invoke = (functionName: string, event: unknown) => Promise<Outcome>;

/** AWS Lambda API reference, Invoke. */
const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Lambda, as far as a function can be run and waited for. */
export class LambdaService implements AwsService {
  readonly signingName = 'lambda';
  readonly #access: Access;
  readonly #functionNames: readonly string[];
  #invoke: Invoke | undefined;

  constructor(functionNames: readonly string[], access: Access) {
    this.#functionNames = functionNames;
    this.#access = access;
  }

  /** From now on functions can be run. */
  open(invoke: Invoke): void {
    this.#invoke = invoke;
  }

  recognizes(_headers: IncomingHttpHeaders, path: string): boolean {
    return INVOCATIONS.test(path);
  }

  async answer({ principal, headers, body, path }: AwsRequest): Promise<AwsAnswer> {
    const name = percentDecode(INVOCATIONS.exec(path)?.[1] ?? '');
    requireAccess(this.#access, principal, 'lambda:InvokeFunction', arn('lambda', `function:${name}`));
    if (!this.#functionNames.includes(name)) {
      throw new AwsFault('ResourceNotFound', `Function not found: ${arn('lambda', `function:${name}`)}`, 404);
    }
    const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type !== 'RequestResponse') {
      throw new AwsFault('InvalidParameterValue', `Invocations of the type ${type} are not known here.`);
    }
    if (this.#invoke === undefined) throw new AwsFault('ServiceUnavailable', 'The stack is starting.', 503);
    return answerOf(await this.#invoke(name, eventIn(body)));
  }

  fault({ code, message, status }: AwsFault): AwsAnswer {
    return json(status, { Message: message }, { 'x-amzn-errortype': `${code}Exception` });
  }
}

function eventIn(body: string): unknown {
  try {
    return body === '' ? {} : JSON.parse(body);
  } catch {
    throw new AwsFault('InvalidRequestContent', 'The event is not JSON.');
  }
}

/** "Unhandled" stands for every error that a function ends with (AWS Lambda API reference, Invoke: FunctionError). */
function answerOf(outcome: Outcome): AwsAnswer {
  if (outcome.ok) return json(200, outcome.result ?? null);
  return json(200, outcome.error, { 'x-amz-function-error': 'Unhandled' });
}

function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
