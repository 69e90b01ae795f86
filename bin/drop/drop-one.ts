import type { S3Client } from '@aws-sdk/client-s3';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { isCompanionKey } from '../../lambda/model/metadata-keys.ts';
import type { LocalFile } from '../local-files.ts';
import { adviceOn } from '../terminal/advice.ts';
import { TransferMeter } from '../terminal/transfer-meter.ts';
import type { Journal } from '../upload/journal.ts';
import { uploadFile } from '../upload/upload-file.ts';
import type { Look } from './check-file.ts';
import type { DropDisplay } from './drop-display.ts';
import type { DropOptions } from './options.ts';
import type { DropOutcome, FileNotDropped } from './outcome.ts';

export interface DropTools {
  readonly client: S3Client;
  readonly bucket: string;
  readonly journal: Journal;
  readonly display: DropDisplay;
  /** Ends the uploads, so that they can be gone on with. */
  readonly stop: AbortSignal;
}

/** A file and what a look at it has shown. */
export interface LookedAt extends Look {
  readonly file: LocalFile;
}

/** Sends a file, unless the look refuses it. Never throws: each file has an outcome of its own. */
export async function dropOne(looked: LookedAt, options: DropOptions, tools: DropTools): Promise<DropOutcome> {
  const outcome = { ...placeOf(looked.file, tools), ...(await attempt(looked, options, tools)) };
  tools.display.ended(outcome);
  return outcome;
}

const placeOf = ({ path, key, size }: LocalFile, { bucket }: DropTools) => ({ file: path, bucket, key, size });

async function attempt(
  { file, refusal, failure, warnings = [] }: LookedAt,
  { metadata }: DropOptions,
  tools: DropTools,
) {
  try {
    if (failure !== undefined) throw failure;
    if (refusal !== undefined) return notDropped('refused', refusal);
    const sent = await send(file, isCompanionKey(file.key) ? {} : metadata, tools);
    return { ...sent, ...(warnings.length > 0 && { warnings }) };
  } catch (error) {
    return notDropped(tools.stop.aborted ? 'interrupted' : 'failed', error);
  }
}

async function send(file: LocalFile, metadata: DropOptions['metadata'], tools: DropTools) {
  const { client, bucket, journal, display, stop: signal } = tools;
  const meter = new TransferMeter(file.size);
  const resumed = (bytes: number) => {
    meter.resumedBytes += bytes;
  };
  const sent = (bytes: number) => {
    meter.sentBytes += bytes;
  };
  display.begun(file, meter);
  const startedAt = performance.now();
  const { id } = await uploadFile(file, { bucket, metadata }, { client, journal, signal, resumed, sent });
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  return { outcome: 'dropped' as const, id, resumedBytes: meter.resumedBytes, seconds };
}

const GO_ON = 'The same command goes on with what has arrived.';

function notDropped(outcome: FileNotDropped['outcome'], error: unknown): FileNotDropped {
  if (outcome === 'interrupted') return { outcome, message: 'It was interrupted.', nextStep: GO_ON };
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof ImageDropError) return { outcome, code: error.code, message, nextStep: nextStepOf(error) };
  return { outcome, message, nextStep: [adviceOn(error), GO_ON].filter((step) => step !== undefined).join(' ') };
}

/** What is user metadata for other clients is an option here. */
function nextStepOf({ nextStep }: ImageDropError): string {
  return nextStep.replace('with the user metadata disk-format=raw', 'with --disk-format raw');
}
