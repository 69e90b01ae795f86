import type { ImageEndpoint, ObjectPlace, RegisterRoute } from '../endpoints/endpoint.ts';
import { ImageDropError } from '../model/errors.ts';
import type { DropRecord, RecordedImage } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { Invocation, MessageQueue, StepDependencies } from './ports.ts';
import { lookLater } from './unseen-image.ts';

export interface RegisterDependencies extends StepDependencies {
  readonly ownQueue: MessageQueue;
}

/** What an attempt to have the image read from object storage has come to. */
export interface Registered {
  readonly jobId?: string;
  /** Of a fast import that an attempt before has asked for. */
  readonly image?: RecordedImage;
}

/**
 * Seconds until a fast import whose answer was lost is asked for again, if its image does not show itself before: the
 * service makes the image when it takes the job up, and a second request would make a second image.
 */
const SHOWS_WITHIN_SECONDS = 300;

/** Seconds until another look for it. */
const LOOK_AGAIN_SECONDS = 30;

/**
 * Has the image service read the file, and remembers before that it was asked.
 * @returns undefined when the drop was put off until the image of an earlier request shows itself
 */
export async function registerImage(
  key: string,
  record: DropRecord,
  object: ObjectPlace,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: RegisterDependencies,
): Promise<Registered | undefined> {
  const registers = registersOf(endpoint, record);
  if (record.plan?.route === 'fast-import') return fastImport(key, record, object, registers, invocation, deps);
  await noteAsked(key, invocation, deps);
  const jobId = await registers.begin(record.image?.id ?? '', object);
  return jobId === undefined ? {} : { jobId };
}

/** There is no image to look at before the service makes it: one that an attempt before has asked for bears our mark. */
async function fastImport(
  key: string,
  record: DropRecord,
  object: ObjectPlace,
  registers: RegisterRoute,
  invocation: Invocation,
  deps: RegisterDependencies,
): Promise<Registered | undefined> {
  if (record.sent === undefined) throw new ImageDropError('bad-record', `The record ${key} does not say what to send.`);
  const [image] = await registers.madeFor(record.sent.id);
  if (image !== undefined) return { image: { id: image.id } };
  const askedSeconds = (deps.now().getTime() - Date.parse(record.register?.askedAt ?? '')) / 1000;
  if (askedSeconds < SHOWS_WITHIN_SECONDS) {
    await lookLater(key, record, notShown(record), deps);
    return undefined;
  }
  await noteAsked(key, invocation, deps);
  return { jobId: await registers.fastImport(record.sent, object) };
}

async function noteAsked(key: string, invocation: Invocation, deps: StepDependencies): Promise<void> {
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return { ...changes.beginUpload(stored, deps.now()), register: { askedAt: deps.now().toISOString() } };
  });
}

function notShown(record: DropRecord): ImageDropError {
  const message = `${record.target} was asked at ${record.register?.askedAt} to make the image, and its answer was lost; the image does not show itself yet.`;
  return new ImageDropError('upload-interrupted', message, { retryAfterSeconds: LOOK_AGAIN_SECONDS });
}

function registersOf(endpoint: ImageEndpoint, record: DropRecord): RegisterRoute {
  if (endpoint.registers !== undefined) return endpoint.registers;
  const message = `${record.target} is of a kind (${endpoint.kind}) that reads nothing from object storage.`;
  throw new ImageDropError('route-not-offered', message);
}
