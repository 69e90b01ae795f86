import { relative } from 'node:path';
import { recordLine, wasOver } from '../records/record-line.ts';
import { watchRecords } from '../records/watch-records.ts';
import { DONE } from '../terminal/exit-codes.ts';
import { liveLines } from '../terminal/live-lines.ts';
import { statusStyle } from '../terminal/styles.ts';
import type { LocalStack } from './local-stack.ts';

/** Says how to drop, then shows what becomes of each drop until interrupted. @returns the exit code */
export async function serve(stack: LocalStack, stop: AbortSignal): Promise<number> {
  process.stdout.write(instructions(stack));
  const startedAt = new Date();
  const lines = liveLines(process.stdout);
  for await (const changed of watchRecords(stack.client, stack.statusBucket, stop)) {
    for (const record of changed) {
      if (!wasOver(record, startedAt)) lines.show(record.drop.key, recordLine(record), statusStyle(record.status));
    }
  }
  process.stdout.write('Stopping; what was under way goes on at the next start.\n');
  return DONE;
}

function instructions({ environment, endpoint, dropBucket, statusBucket, cloud, logs }: LocalStack): string {
  const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_DEFAULT_REGION'].map(
    (name) => `${name}=${environment[name]}`,
  );
  const aws = (command: string) => `${keys.join(' ')} \\\n    aws --endpoint-url ${endpoint} ${command}`;
  const images = cloud.file === undefined ? '' : `OS_CLIENT_CONFIG_FILE=${relative('.', cloud.file)} `;
  return `
Drop an image, from another terminal in this folder:
  npx imagedrop drop FILE --wait

See what became of it, or that all is well:
  npx imagedrop ls
  npx imagedrop doctor

The same by any client of AWS:
  ${aws(`s3 cp FILE s3://${dropBucket}/`)}

Read the records:
  ${aws(`s3 ls --recursive s3://${statusBucket}/`)}

Look at the images:
  ${images}openstack --os-cloud ${cloud.name} image list

Or drop and watch on a page:
  npx imagedrop ui

Any other S3 client will do: endpoint ${endpoint}, path-style, the two keys above.
The functions' logs are in ${relative('.', logs)}/. Ctrl-C ends.

`;
}
