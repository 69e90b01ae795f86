import { relative } from 'node:path';
import { recordLine, wasOver } from '../records/record-line.ts';
import { watchRecords } from '../records/watch-records.ts';
import { ENV_FILE } from '../stack/local.ts';
import { DONE } from '../terminal/exit-codes.ts';
import { liveLines } from '../terminal/live-lines.ts';
import { statusStyle } from '../terminal/styles.ts';
import type { LocalStack } from './local-stack.ts';
import { requireSpace } from './state-folder.ts';

/** Says how to drop, then shows what becomes of each drop until interrupted. @returns the exit code */
export async function serve(stack: LocalStack, stop: AbortSignal): Promise<number> {
  process.stdout.write(instructions(stack));
  const startedAt = new Date();
  const lines = liveLines(process.stdout);
  for await (const changed of watchRecords(stack.client, stack.statusBucket, stop)) {
    requireSpace(stack.folder);
    for (const record of changed) {
      if (!wasOver(record, startedAt)) lines.show(record.drop.key, recordLine(record), statusStyle(record.status));
    }
  }
  process.stdout.write('Stopping; what was under way goes on at the next start.\n');
  return DONE;
}

function instructions({ dropBucket, statusBucket, cloud, logs }: LocalStack): string {
  const images = cloud.file === undefined ? '' : `OS_CLIENT_CONFIG_FILE=${relative('.', cloud.file)} `;
  return `
Drop an image, from another terminal in this folder:
  npx imagedrop drop FILE --wait

List the drops, check the stack, or use a page for both:
  npx imagedrop ls
  npx imagedrop doctor
  npx imagedrop ui

Drop and read records with any S3 client, which finds its address and keys in the environment:
  . ${ENV_FILE}
  aws s3 cp FILE s3://${dropBucket}/
  aws s3 ls --recursive s3://${statusBucket}/

List the images:
  ${images}openstack --os-cloud ${cloud.name} image list

The functions' logs are in ${relative('.', logs)}/. Ctrl-C ends.

`;
}
