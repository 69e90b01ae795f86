import { callerOf, ownImage } from './authentication.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, isObject, readJson } from './http.ts';
import { sourceOf } from './image-source.ts';
import type { ImsJobs } from './ims-jobs.ts';
import type { ImsSettings } from './ims-settings.ts';
import { refusal } from './ims-settings.ts';
import type { ObsClient } from './obs-client.ts';

export interface RegistrationParts {
  readonly jobs: ImsJobs;
  readonly settings: ImsSettings;
  readonly obs: ObsClient | undefined;
}

/**
 * PUT /v1/cloudimages/{image_id}/upload ("Registering an Image"): the service reads the file from object storage itself,
 * in a job, and the image is `saving` meanwhile.
 */
export async function registerFile(parts: RegistrationParts, context: ImageContext, call: Call): Promise<Answer> {
  const { jobs, settings, obs } = parts;
  const { projectId } = callerOf(context, call);
  const image = ownImage(context, call);
  const body = await readJson(call);
  if (!isObject(body)) throw refusal('IMG.0001', 'The request message format is invalid.');
  if (image.status !== 'queued') throw notQueued(image.id);
  const source = await sourceOf(body.image_url, obs, { ...settings, maxBytes: settings.maxRegisterBytes });
  jobs.admit(projectId, context.clock());
  if ((await context.store.change(image.id, 'queued', { status: 'saving' })) === undefined) throw notQueued(image.id);
  return jobs.begin(context, {
    type: 'imsNativeImportImageJob',
    owner: projectId,
    imageId: image.id,
    imageName: image.name,
    source,
  });
}

function notQueued(id: string): Fault {
  return new Fault(409, `The image ${id} does not wait for data (any more).`);
}
