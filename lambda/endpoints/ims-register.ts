import { lineOf, type ServiceCodes } from '../clouds/answers.ts';
import { ImageDropError } from '../model/errors.ts';
import { ID_PROPERTY, type NewImage } from '../model/image.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { ObjectPlace, RegisterJob, RegisterRoute } from './endpoint.ts';
import type { ImageApi } from './image-api.ts';

/**
 * How the service reads an image from object storage (IMS API reference, "Registering an Image", "Importing an Image File
 * Quickly", "Querying an Asynchronous Task").
 */
export function imsRegister(images: ImageApi, codes: ServiceCodes): RegisterRoute {
  return {
    begin: (imageId, object) => images.register(imageId, urlOf(object)),
    fastImport: (image, object) => images.fastImport(fastImportFields(image, object), image.name),
    madeFor: (id) => images.withTag(markOf(id)),
    job: async (id) => {
      const document = await images.jobDocument(id);
      return document && jobIn(document, codes);
    },
  };
}

const urlOf = ({ bucket, key }: ObjectPlace): string => `${bucket}:${key}`;

/** A fast import takes no properties of ours, so that a tag says whose image it is. */
const markOf = (id: string): string => `${ID_PROPERTY}=${id}`;

/** "Importing an Image File Quickly": fields without a place here are in the metadata call elsewhere. */
const UNKNOWN_OS = 'Other Linux(64 bit)';

/** os_version is mandatory here; for the others the service has the same defaults. */
function fastImportFields(image: NewImage, object: ObjectPlace): JsonObject {
  return {
    name: image.name,
    os_version: image.properties.__os_version ?? UNKNOWN_OS,
    image_url: urlOf(object),
    min_disk: image.minDisk,
    tags: [...image.tags, markOf(image.id)],
    type: 'ECS',
    architecture: /^(aarch64|arm)/.test(image.properties.hw_architecture ?? '') ? 'arm' : 'x86',
  };
}

const STATES: Readonly<Record<string, RegisterJob['state']>> = { SUCCESS: 'done', FAIL: 'failed' };

function jobIn(document: JsonObject, codes: ServiceCodes): RegisterJob {
  const { status, job_id: id } = document;
  const entities = isObject(document.entities) ? document.entities : {};
  const state = STATES[String(status)] ?? 'running';
  const percent = Number(entities.process_percent ?? Number.NaN);
  const { image_id: imageId } = entities;
  return {
    state,
    ...(percent >= 0 && percent <= 100 && { percent }),
    ...(typeof imageId === 'string' && imageId !== '' && { imageId }),
    ...(state === 'failed' && { failure: failureIn(document, String(id ?? ''), codes) }),
  };
}

/** Another code than those that are known says nothing of whether it would go better the next time: then it is tried. */
function failureIn(document: JsonObject, id: string, codes: ServiceCodes): ImageDropError {
  const code = String(document.error_code ?? '');
  const reason = lineOf(String(document.fail_reason ?? '')) || 'the service gives no reason';
  const words = [code, reason].filter(Boolean).join(': ');
  const message = `The job ${id} that reads the image from object storage has failed: ${words}`;
  return new ImageDropError(codes[code] ?? 'import-failed', message.replace(/[^.!?…]$/, '$&.'));
}
