import { callerOf } from './callers.ts';
import type { Flavour, ImageContext } from './flavour.ts';
import { type Answer, type Call, type Fault, json, type Service } from './http.ts';
import { downloadFile } from './image-download.ts';
import { listImages } from './image-list.ts';
import { patchImage } from './image-patch.ts';
import { uploadFile } from './image-upload.ts';
import { createImage, deleteImage, showImage } from './images.ts';
import { dispatch, type Route, route } from './router.ts';
import { imageSchema } from './schema.ts';

/** The Image API v2, in the flavour of one service. */
export class ImageApi implements Service {
  readonly basePath: string;
  readonly #flavour: Flavour;
  readonly #routes: readonly Route[];

  constructor(context: ImageContext) {
    this.basePath = context.flavour.basePath;
    this.#flavour = context.flavour;
    this.#routes = [
      route('GET', '/', (call) => versions(300, call)),
      route('GET', '/versions', (call) => versions(200, call)),
      route('GET', '/v2', (call) => versions(200, call)),
      route('POST', '/v2/images', (call) => createImage(context, call)),
      route('GET', '/v2/images', (call) => listImages(context, call)),
      route('GET', '/v2/images/:id', (call) => showImage(context, call)),
      route('PATCH', '/v2/images/:id', (call) => patchImage(context, call)),
      route('DELETE', '/v2/images/:id', (call) => deleteImage(context, call)),
      route('PUT', '/v2/images/:id/file', (call) => uploadFile(context, call)),
      route('GET', '/v2/images/:id/file', (call) => downloadFile(context, call)),
      route('GET', '/v2/schemas/image', (call) => schema(context, call)),
      ...context.flavour.routes(context),
    ];
  }

  async handle(call: Call): Promise<Answer> {
    this.#flavour.meet?.(call);
    return dispatch(this.#routes, call);
  }

  refuse(fault: Fault, call: Call): Answer {
    return this.#flavour.refuse(fault, call);
  }

  async close(): Promise<void> {
    await this.#flavour.close?.();
  }
}

function schema(context: ImageContext, call: Call): Answer {
  callerOf(context, call);
  return json(200, imageSchema(context.flavour.properties));
}

/** The newest version is that of a Glance with one store and without a cache. */
function versions(status: number, call: Call): Answer {
  const links = [{ rel: 'self', href: `${call.serviceUrl}/v2/` }];
  const ids = ['v2.17', 'v2.15', 'v2.13', 'v2.9', 'v2.7', 'v2.5', 'v2.0'];
  const listed = ids.map((id, index) => ({ id, status: index === 0 ? 'CURRENT' : 'SUPPORTED', links }));
  return json(status, { versions: listed });
}
