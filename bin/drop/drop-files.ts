import { S3Client } from '@aws-sdk/client-s3';
import { isCompanionKey } from '../../lambda/model/metadata-keys.ts';
import { inTurns } from '../in-turns.ts';
import type { LocalFile } from '../local-files.ts';
import type { StackConnection } from '../stack/connection.ts';
import type { StackTarget } from '../stack/targets.ts';
import { withoutRepeats } from '../upload/checksum-files.ts';
import { journalIn } from '../upload/journal.ts';
import { lookAt } from './check-file.ts';
import { dropDisplay, NO_DISPLAY } from './drop-display.ts';
import { type DropTools, dropOne, type LookedAt } from './drop-one.ts';
import type { DropOptions } from './options.ts';
import { type DropOutcome, exitCodeOf } from './outcome.ts';
import { reportOf } from './report.ts';
import { waitForRecords } from './wait-for-records.ts';

/** Each with some parts at a time: enough to fill a line, little enough for the memory of a laptop. */
const FILES_AT_A_TIME = 3;

/** A line that is away for a minute or two breaks nothing off. */
const PATIENT = { maxAttempts: 8, requestHandler: { connectionTimeout: 10_000, socketTimeout: 120_000 } };

/**
 * Sends the files, each for itself, and waits for their records where that is asked for.
 * @param targets those that the files go to: they are waited for
 * @param stop aborts the uploads; each can be resumed
 * @returns the exit code
 */
export async function dropFiles(
  options: DropOptions,
  stack: StackConnection,
  targets: readonly StackTarget[],
  stop: AbortSignal,
): Promise<number> {
  const client = new S3Client(PATIENT);
  const display = options.json ? NO_DISPLAY : dropDisplay(process.stdout, options.files);
  const tools = { client, bucket: stack.output('DropBucketName'), journal: journalIn(), display, stop };
  try {
    const outcomes = await dropAll(options, tools);
    display.close();
    const followed = options.wait ? await waitForRecords(outcomes, options, { stack, targets, stop }) : outcomes;
    process.stdout.write(reportOf(followed, options));
    return exitCodeOf(followed, options, targets, stop);
  } finally {
    display.close();
    client.destroy();
  }
}

/**
 * What speaks of images goes first, for an image is made by what is there when it arrives. Images are looked at before: of
 * one that is refused, nothing is sent.
 */
async function dropAll(options: DropOptions, tools: DropTools): Promise<readonly DropOutcome[]> {
  const { yes: speaking = [], no: images = [] } = Object.groupBy(options.files, ({ key }) =>
    isCompanionKey(key) ? 'yes' : 'no',
  );
  const look = (files: readonly LocalFile[]) =>
    inTurns(files, FILES_AT_A_TIME, async (file) => ({ file, ...(await lookAt(file, options)) }));
  const drop = (looked: readonly LookedAt[]) =>
    inTurns(looked, FILES_AT_A_TIME, (each) => dropOne(each, options, tools));
  const looked = await look(images);
  const first = withoutRepeats([...speaking, ...looked.flatMap(({ beside }) => beside)]);
  return [...(await drop(await look(first))), ...(await drop(looked))];
}
