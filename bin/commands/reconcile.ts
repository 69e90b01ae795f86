import { parseArgs } from 'node:util';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { ReconcileReport } from '../../lambda/steps/reconcile/reconcile.ts';
import { printableJson } from '../printable.ts';
import { HELP } from '../reconcile/help.ts';
import { report } from '../reconcile/report.ts';
import { connectTo, type StackConnection } from '../stack/connection.ts';
import { WrongUse } from './wrong-use.ts';

/**
 * Runs reconcile now, or asks what it would do.
 * @returns the exit code: 0 done
 */
export async function reconcile(args: string[]): Promise<number> {
  const options = optionsOf(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stack = await connectTo(options.stack);
  try {
    const result = await invoke(stack, { dryRun: options['dry-run'] ?? false });
    process.stdout.write(options.json ? `${printableJson(result, 2)}\n` : report(result));
    return 0;
  } finally {
    stack.close();
  }
}

function optionsOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        'dry-run': { type: 'boolean' },
        stack: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error));
  }
}

async function invoke(stack: StackConnection, request: { readonly dryRun: boolean }): Promise<ReconcileReport> {
  const FunctionName = stack.output('ReconcileFunctionName');
  const answer = await stack.lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }));
  const payload = JSON.parse(answer.Payload?.transformToString() ?? 'null');
  if (answer.FunctionError === undefined) return payload;
  throw new Error(`reconcile failed, and its log says more: ${payload?.errorMessage ?? answer.FunctionError}`);
}
