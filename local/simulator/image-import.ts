import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { callerOf, ownImage } from './authentication.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, isObject, type JsonObject, json, readJson } from './http.ts';
import type { StoredImage } from './image.ts';
import { receive } from './image-file.ts';
import { openWebSource } from './image-source.ts';
import { digestsOf, stageFile } from './image-upload.ts';
import { type ImportTask, ImportTasks } from './import-tasks.ts';
import { type Route, route } from './router.ts';
import { type GlanceSettings, STORE } from './settings.ts';

const WEB_DOWNLOAD = 'web-download';
const GLANCE_DIRECT = 'glance-direct';

/** All that a task of Glance says, whatever the source has answered. */
const INTERNAL_ERROR = 'Task failed due to Internal Error';

/** Held by the task that imports an image, and seen as a property of it. */
const LOCK = 'os_glance_import_task';
/** The stores that the image is being brought to, and those that it could not be brought to. */
const IMPORTING = 'os_glance_importing_to_stores';
const FAILED = 'os_glance_failed_import';

const MIB = 1024 ** 2;

interface Import {
  readonly image: StoredImage;
  readonly task: ImportTask;
  readonly open: () => Promise<Readable>;
}

/**
 * Interoperable image import: the service fetches the file itself (web-download), or takes the one that was staged
 * (glance-direct). When it fails, the image is queued again; properties of the image and its tasks show it.
 */
export class ImageImports {
  readonly #settings: Pick<GlanceSettings, 'importMethods' | 'importPorts'>;
  readonly #tasks = new ImportTasks();
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(settings: Pick<GlanceSettings, 'importMethods' | 'importPorts'>) {
    this.#settings = settings;
  }

  routes(context: ImageContext): Route[] {
    return [
      route('PUT', '/v2/images/:id/stage', (call) => this.#stage(context, call)),
      route('POST', '/v2/images/:id/import', (call) => this.#begin(context, call)),
      ...this.#tasks.routes(context),
      route('GET', '/v2/info/import', () => {
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

  #stage(context: ImageContext, call: Call): Promise<Answer> {
    if (this.#settings.importMethods.includes(GLANCE_DIRECT)) return stageFile(context, call);
    throw new Fault(404, `'${GLANCE_DIRECT}' method is not available at this site.`);
  }

  async #begin(context: ImageContext, call: Call): Promise<Answer> {
    const caller = callerOf(context, call);
    const { body, method } = await this.#readRequest(call);
    context.flavour.admitSize(undefined, caller, () => context.store.live());
    const image = ownImage(context, call);
    refuseUnready(image, String(method.name));
    const stores = storesOf(call, body);
    const open = this.#sourceOf(context, image, method);
    const task = this.#tasks.begin(context, caller, image.id, { body, stores, requestId: call.requestId });
    const properties = { ...image.properties, [LOCK]: task.id, [IMPORTING]: STORE, [FAILED]: '' };
    const importing = await context.store.change(image.id, image.status, { status: 'importing', properties });
    if (importing === undefined) {
      this.#tasks.forget(task);
      throw new Fault(409, `New operation on image '${image.id}' is not permitted.`);
    }
    const work = this.#run(context, { image: importing, task, open }).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
    return { status: 202 };
  }

  async #readRequest(call: Call): Promise<{ body: JsonObject; method: JsonObject }> {
    const body = await readJson(call);
    if (!isObject(body) || !isObject(body.method)) throw new Fault(400, "Import request requires a 'method' field.");
    const { method } = body;
    if (method.name === undefined) throw new Fault(400, "Import request requires a 'name' field.");
    if (!this.#settings.importMethods.includes(String(method.name))) {
      throw new Fault(400, `Unknown import method name '${method.name}'.`);
    }
    for (const name of ['all_stores_must_succeed', 'all_stores']) {
      if (typeof (body[name] ?? true) !== 'boolean') throw new Fault(400, `'${name}' must be boolean value only`);
    }
    return { body, method };
  }

  #sourceOf({ store }: ImageContext, { id }: StoredImage, { name, uri }: JsonObject): Import['open'] {
    if (name === GLANCE_DIRECT)
      return async () => createReadStream(store.stagedPath(id), { signal: this.#stop.signal });
    const url = this.#admittedUrl(uri);
    return () => openWebSource(url, this.#stop.signal);
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

  async #run(context: ImageContext, work: Import): Promise<void> {
    const { store } = context;
    const { id, properties: locked } = work.image;
    const { [LOCK]: _, ...unlocked } = locked;
    const properties = { ...unlocked, [IMPORTING]: '' };
    try {
      const becomes = await this.#imported(context, work);
      await store.removeStaged(id);
      if ((await store.change(id, 'importing', { ...becomes, properties })) === undefined) {
        await store.removeData(id); // it was deleted meanwhile
      }
      this.#tasks.end(context, work.task, 'success', `Copied ${Math.floor((becomes.size ?? 0) / MIB)} MiB`);
    } catch {
      if (this.#stop.signal.aborted) return;
      this.#tasks.end(context, work.task, 'failure', INTERNAL_ERROR);
      await store.removeData(id); // before anybody may upload again
      const failed = { ...properties, [FAILED]: STORE };
      await store.change(id, 'importing', { status: 'queued', size: null, properties: failed });
    }
  }

  async #imported(context: ImageContext, { image, open }: Import): Promise<Partial<StoredImage>> {
    const { flavour, store } = context;
    const path = store.dataPath(image.id);
    const limits = flavour.admitUpload(image, undefined, () => store.live());
    const algorithms = [flavour.checksum ? 'md5' : 'none', flavour.hashAlgorithm].filter((name) => name !== 'none');
    const received = await receive(await open(), path, algorithms, limits);
    const verdict = await flavour.judge(image, path);
    if (verdict.fault !== undefined) throw verdict.fault;
    const { virtualSize = null } = verdict;
    return { ...digestsOf(context, received), status: 'active', size: received.bytes, virtualSize };
  }
}

/** @throws Fault 409 */
function refuseUnready(image: StoredImage, method: string): void {
  if (image.status === 'active') throw new Fault(409, 'Image with status active cannot be target for import');
  if (method === WEB_DOWNLOAD && image.status !== 'queued') {
    throw new Fault(409, `Image needs to be in 'queued' state to use '${method}' method`);
  }
  if (method === GLANCE_DIRECT && image.status !== 'uploading') {
    throw new Fault(409, `Image needs to be staged before '${method}' method can be used`);
  }
  if (image.containerFormat === null) throw new Fault(409, "'container_format' needs to be set before import");
  if (image.diskFormat === null) throw new Fault(409, "'disk_format' needs to be set before import");
}

/** The stores that the request names, by its body or a header. @throws Fault 400, 409 for one that there is not */
function storesOf(call: Call, { stores, all_stores: all }: JsonObject): readonly string[] {
  const header = call.header('x-image-meta-store');
  if (all === true && (stores !== undefined || header !== undefined)) {
    throw new Fault(400, "All_stores parameter can't be used with x-image-meta-store header or stores parameter");
  }
  if (stores !== undefined && header !== undefined) {
    throw new Fault(400, "Stores parameter and x-image-meta-store header can't be both specified");
  }
  const named = Array.isArray(stores) ? stores.map(String) : [header ?? STORE];
  const unknown = named.find((name) => name !== STORE);
  if (unknown !== undefined) throw new Fault(409, `Store for identifier ${unknown} not found`);
  return named;
}
