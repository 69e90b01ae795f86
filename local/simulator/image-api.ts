import { callerOf } from './authentication.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, json, type Service } from './http.ts';
import { downloadFile } from './image-file.ts';
import { listImages } from './image-list.ts';
import { patchImage } from './image-patch.ts';
import { createImage, deleteImage, showImage } from './image-store.ts';
import { uploadFile } from './image-upload.ts';
import { dispatch, type Route, route } from './router.ts';

/** Any other path is answered with the list of versions. */
const VERSIONED = /^\/v\d/;

/** The Image API v2, in the flavour of one service. */
export class ImageApi implements Service {
  readonly basePath: string;
  readonly #context: ImageContext;
  readonly #routes: readonly Route[];

  constructor(context: ImageContext) {
    this.basePath = context.flavour.basePath;
    this.#context = context;
    this.#routes = [
      route('GET', '/v2/images', (call) => listImages(context, call)),
      route('POST', '/v2/images', (call) => createImage(context, call)),
      route('GET', '/v2/images/:id', (call) => showImage(context, call)),
      route('PATCH', '/v2/images/:id', (call) => patchImage(context, call)),
      route('DELETE', '/v2/images/:id', (call) => deleteImage(context, call)),
      route('GET', '/v2/images/:id/file', (call) => downloadFile(context, call)),
      route('PUT', '/v2/images/:id/file', (call) => uploadFile(context, call)),
      route('GET', '/v2/schemas/:name', (call) => schema(context, call)),
      ...context.flavour.routes(context),
    ];
  }

  async handle(call: Call): Promise<Answer> {
    this.#context.flavour.meet?.(call);
    if (!VERSIONED.test(call.path)) return versions(call.path.startsWith('/versions') ? 200 : 300, call);
    callerOf(this.#context, call);
    if (call.path === '/v2') return { status: 302, headers: { location: `${call.serviceUrl}/v2/` } };
    const answer = await dispatch(this.#routes, call);
    return this.#context.flavour.withRequestId?.(answer, call) ?? answer;
  }

  refuse(fault: Fault, call: Call): Answer {
    return this.#context.flavour.refuse(fault, call);
  }

  async close(): Promise<void> {
    await this.#context.flavour.close?.();
  }
}

function schema({ flavour }: ImageContext, call: Call): Answer {
  const found = flavour.schemas.get(call.params.name ?? '');
  if (found === undefined) throw new Fault(404, 'The resource could not be found.');
  return json(200, found);
}

/** Those of a Glance with named stores and without a cache. */
function versions(httpStatus: number, call: Call): Answer {
  const links = [{ rel: 'self', href: `${call.serviceUrl}/v2/` }];
  const minors = [17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
  const status = (index: number) => (index === 0 ? 'CURRENT' : 'SUPPORTED');
  const listed = minors.map((minor, index) => ({ id: `v2.${minor}`, status: status(index), links }));
  return json(httpStatus, { versions: listed });
}
