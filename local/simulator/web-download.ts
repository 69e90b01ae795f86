import { randomUUID } from 'node:crypto';
import { callerOf, ownImage, visibleImage } from './callers.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, isObject, json, readJson } from './http.ts';
import type { StoredImage } from './image.ts';
import { receive } from './image-file.ts';
import { digestsOf } from './image-upload.ts';
import { type Route, route } from './router.ts';
import type { GlanceSettings } from './settings.ts';
import { openWebSource } from './web-source.ts';

/** What a client sees of an import that is under way ("Show tasks associated with image"). */
interface Task {
  readonly id: string;
  readonly type: 'api_image_import';
  readonly image_id: string;
  readonly created_at: string;
  status: 'processing' | 'success' | 'failure';
  message: string;
}

const WEB_DOWNLOAD = 'web-download';

/** All that a task of Glance says, whatever the source has answered. */
const INTERNAL_ERROR = 'Task failed due to Internal Error';

/** Held by the task that imports an image, and seen as a property of it. */
const LOCK = 'os_glance_import_task';

/**
 * Interoperable image import: the service fetches the file itself. What goes wrong then is told to nobody: the image is
 * queued again, and only its tasks show that it failed.
 */
export class WebDownloads {
  readonly #settings: Pick<GlanceSettings, 'importMethods' | 'importPorts'>;
  readonly #tasks: Task[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(settings: Pick<GlanceSettings, 'importMethods' | 'importPorts'>) {
    this.#settings = settings;
  }

  routes(context: ImageContext): Route[] {
    return [
      route('POST', '/v2/images/:id/import', (call) => this.#begin(context, call)),
      route('GET', '/v2/images/:id/tasks', (call) => {
        const { id } = visibleImage(context, call);
        return json(200, { tasks: this.#tasks.filter((task) => task.image_id === id) });
      }),
      route('GET', '/v2/info/import', (call) => {
        callerOf(context, call);
        const value = this.#settings.importMethods;
        return json(200, { 'import-methods': { description: 'Import methods available.', type: 'array', value } });
      }),
    ];
  }

  /** Cuts what is being fetched; such an image stays `importing`, as after the end of a real server. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#underWay);
  }

  async #begin(context: ImageContext, call: Call): Promise<Answer> {
    callerOf(context, call);
    const method = await importMethod(call);
    if (!this.#settings.importMethods.includes(String(method.name))) {
      throw new Fault(400, `Unknown import method name '${method.name}'.`);
    }
    const image = ownImage(context, call);
    refuseUnready(image);
    const url = this.#admittedUrl(method.uri);
    const task = this.#newTask(context, image);
    const importing = await context.store.change(image.id, 'queued', {
      status: 'importing',
      properties: { ...image.properties, [LOCK]: task.id },
    });
    if (importing === undefined) throw new Fault(409, `New operation on image '${image.id}' is not permitted.`);
    this.#tasks.push(task);
    const work = this.#run(context, importing, task, url).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
    return { status: 202 };
  }

  #admittedUrl(uri: unknown): string {
    const url = URL.parse(String(uri));
    const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
    if (url !== null && isWeb && this.#mayFetchFrom(url)) return String(uri);
    throw new Fault(400, `URI for web-download does not pass filtering: ${uri}`);
  }

  /** Glance's filter looks at ports that are named only; the scheme's own passes. */
  #mayFetchFrom({ port }: URL): boolean {
    const { importPorts } = this.#settings;
    return importPorts === 'any' || port === '' || importPorts.includes(Number(port));
  }

  #newTask({ clock }: ImageContext, image: StoredImage): Task {
    const created_at = clock().toISOString();
    return {
      id: randomUUID(),
      type: 'api_image_import',
      image_id: image.id,
      created_at,
      status: 'processing',
      message: '',
    };
  }

  async #run(context: ImageContext, image: StoredImage, task: Task, url: string): Promise<void> {
    const { store } = context;
    const { [LOCK]: _, ...properties } = image.properties;
    try {
      const becomes = await this.#fetched(context, image, url);
      task.status = 'success';
      if ((await store.change(image.id, 'importing', { ...becomes, properties })) === undefined) {
        await store.removeData(image.id); // it was deleted meanwhile
      }
    } catch {
      if (this.#stop.signal.aborted) return;
      task.status = 'failure';
      task.message = INTERNAL_ERROR;
      await store.removeData(image.id); // before anybody may upload again
      await store.change(image.id, 'importing', { status: 'queued', properties });
    }
  }

  async #fetched(context: ImageContext, image: StoredImage, url: string): Promise<Partial<StoredImage>> {
    const { flavour, store } = context;
    const path = store.dataPath(image.id);
    const limits = flavour.admitUpload(image, undefined, () => store.live());
    const algorithms = [flavour.checksum ? 'md5' : 'none', flavour.hashAlgorithm].filter((name) => name !== 'none');
    const received = await receive(await openWebSource(url, this.#stop.signal), path, algorithms, limits);
    const verdict = await flavour.judge(image, path);
    if (verdict.fault !== undefined) throw verdict.fault;
    const { virtualSize = null } = verdict;
    return { ...digestsOf(context, received), status: 'active', size: received.bytes, virtualSize };
  }
}

async function importMethod(call: Call): Promise<Record<string, unknown>> {
  const body = await readJson(call);
  if (!isObject(body) || !isObject(body.method)) throw new Fault(400, "Import request requires a 'method' field.");
  return body.method;
}

/** @throws Fault 409 */
function refuseUnready(image: StoredImage): void {
  if (image.status === 'active') throw new Fault(409, 'Image with status active cannot be target for import');
  if (image.status !== 'queued') {
    throw new Fault(409, `Image needs to be in 'queued' state to use '${WEB_DOWNLOAD}' method`);
  }
  if (image.containerFormat === null) throw new Fault(409, "'container_format' needs to be set before import");
  if (image.diskFormat === null) throw new Fault(409, "'disk_format' needs to be set before import");
}
