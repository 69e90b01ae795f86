import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { StackConnection } from '../stack/connection.ts';
import { ok, type Verdict, verdictOnError, warning } from './finding.ts';

const STAGES = ['Ingest', 'Upload', 'Status'] as const;

/** What waits, and what was given up. Whoever only drops needs no right to see that. */
export async function queueVerdict(stack: StackConnection): Promise<Verdict> {
  try {
    const waiting = await messagesIn(stack, '');
    const dead = await messagesIn(stack, 'DeadLetter');
    const detail = `${waiting} messages wait, ${dead} were given up`;
    if (dead === 0) return ok(detail);
    return warning(
      detail,
      'Mend the cause (`imagedrop ls --failed`), then `imagedrop retry --all-failed`; docs/reconcile.md says how letters are redriven.',
    );
  } catch (error) {
    return verdictOnError(error, 'warning');
  }
}

async function messagesIn(stack: StackConnection, kind: '' | 'DeadLetter'): Promise<number> {
  const counts = await Promise.all(STAGES.map((stage) => count(stack.sqs, stack.output(`${stage}${kind}QueueUrl`))));
  return counts.reduce((sum, each) => sum + each, 0);
}

async function count(client: SQSClient, QueueUrl: string): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return Number(Attributes.ApproximateNumberOfMessages);
}
