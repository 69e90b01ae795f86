import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { digest, type Reading, send } from '../transfer/transfer.ts';
import { heartbeat } from './heartbeat.ts';
import type { Invocation, Sent, StepDependencies } from './ports.ts';

/** Streams the object into its image, keeping the record's progress and lease up to date. */
export async function moveBytes(
  key: string,
  record: DropRecord,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: StepDependencies,
): Promise<Sent> {
  const imageId = record.image?.id;
  if (imageId === undefined) throw incomplete(key, 'image');
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return changes.beginUpload(stored, deps.now());
  });
  const source = sourceOf(key, record, invocation, deps);
  const sent = await send({
    ...source,
    sink: (body, length, signal) => endpoint.upload(imageId, body, length, signal),
  });
  deps.meter.countMoved({ record: key, target: record.target, ...sent });
  return sent;
}

/** Reads the object without sending it, for the hashes that are asked for; by default those of the plan. */
export function hashAgain(
  key: string,
  record: DropRecord,
  invocation: Invocation,
  deps: StepDependencies,
  algorithms: readonly HashAlgorithm[] = [],
): Promise<Sent> {
  const source = sourceOf(key, record, invocation, deps);
  return digest(algorithms.length === 0 ? source : { ...source, algorithms });
}

function sourceOf(key: string, record: DropRecord, invocation: Invocation, deps: StepDependencies): Reading {
  if (record.plan === undefined) throw incomplete(key, 'plan');
  return {
    open: (range, signal) => deps.objects.open(record.drop, range, signal),
    range: record.plan.range,
    algorithms: record.plan.algorithms,
    signal: invocation.signal,
    onProgress: (progress) => heartbeat(key, progress, invocation, deps),
    onSkippedProgress: (error) => deps.log.warn('a progress report was skipped', { record: key, error }),
  };
}

function incomplete(key: string, field: string): ImageDropError {
  return new ImageDropError('bad-record', `The record ${key} has the status of an upload, but no ${field}.`);
}
