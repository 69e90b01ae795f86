import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { ReconcileReport } from '../../lambda/steps/reconcile/reconcile.ts';
import { printableJson } from '../printable.ts';
import type { StackConnection } from '../stack/connection.ts';
import { report } from './report.ts';

export interface ReconcileOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * Runs reconcile now, or asks what it would do.
 * @returns the exit code: 0 done
 */
export async function runReconcile({ dryRun, json }: ReconcileOptions, stack: StackConnection): Promise<number> {
  const result = await invoke(stack, { dryRun });
  process.stdout.write(json ? `${printableJson(result, 2)}\n` : report(result));
  return 0;
}

/** A run may take five minutes, in which Lambda says nothing. */
const ANSWER_TIMEOUT_MS = 330_000;

async function invoke(stack: StackConnection, request: { readonly dryRun: boolean }): Promise<ReconcileReport> {
  const FunctionName = stack.output('ReconcileFunctionName');
  const lambda = new LambdaClient({ requestHandler: { requestTimeout: ANSWER_TIMEOUT_MS }, maxAttempts: 1 });
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }));
  lambda.destroy();
  const payload = JSON.parse(answer.Payload?.transformToString() ?? 'null');
  if (answer.FunctionError === undefined) return payload;
  throw new Error(`reconcile failed, and its log says more: ${payload?.errorMessage ?? answer.FunctionError}`);
}
