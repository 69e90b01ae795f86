import { GetQueueAttributesCommand, type QueueAttributeName } from '@aws-sdk/client-sqs';
import { afterEach } from '@jest/globals';
import type { StackFaults } from '../../../local/faults.ts';
import { arnOf, fn, type Grant, LOGGING, mapping, POLLING, queue, role } from '../assembly-fixture.ts';
import { eventually, type RunningFixture, startFixture } from '../stack-fixture.ts';

let fixture: RunningFixture | undefined;
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});

export interface Case {
  readonly handler: string;
  readonly properties?: Record<string, unknown>;
  readonly mapping?: Record<string, unknown>;
  readonly queue?: Record<string, unknown>;
  readonly mayLog?: boolean;
  readonly faults?: StackFaults;
}

/** For a test that waits until its message comes again. */
export const RETRIED_SOON = { properties: { Timeout: 5 }, queue: { VisibilityTimeout: 5 } } as const;

/** A queue that a function reads, with a dead-letter queue behind it, until the end of the test. */
export async function startCase(options: Case): Promise<RunningFixture> {
  const RedrivePolicy = { deadLetterTargetArn: arnOf('Dead'), maxReceiveCount: 2 };
  const grants: Grant[] = [[POLLING, [arnOf('In')]], ...(options.mayLog === false ? [] : [LOGGING])];
  fixture = await startFixture({
    template: {
      Resources: {
        In: queue({ VisibilityTimeout: 60, RedrivePolicy, ...options.queue }),
        Dead: queue(),
        Role: role(...grants),
        Fn: fn('code', 'Role', { Timeout: 60, ...options.properties }),
        Mapping: mapping('In', 'Fn', { BatchSize: 1, ...options.mapping }),
      },
      Outputs: { In: { Value: { Ref: 'In' } }, Dead: { Value: { Ref: 'Dead' } } },
    },
    bundles: { code: options.handler },
    faults: options.faults,
  });
  return fixture;
}

/** Lines of the function's log. */
export const logged = (text: string | RegExp) => fixture?.lines.filter((line) => line.match(text)) ?? [];

async function count(output: string, name: QueueAttributeName): Promise<number> {
  const QueueUrl = fixture?.stack.outputs[output];
  const answer = await fixture?.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }));
  return Number(answer?.Attributes?.[name]);
}

/** Waits until every message is done. */
export async function nothingLeft(): Promise<void> {
  await eventually(async () => (await count('In', 'ApproximateNumberOfMessages')) === 0);
  await eventually(async () => (await count('In', 'ApproximateNumberOfMessagesNotVisible')) === 0);
}
