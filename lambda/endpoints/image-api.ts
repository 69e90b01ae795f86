import type { Readable } from 'node:stream';
import { calling, isSuccess, refusal, type ServiceCodes, serviceCodeOf, wordsOf } from '../clouds/answers.ts';
import { type Connection, callWithToken } from '../clouds/connection.ts';
import type { HttpAnswer, HttpRequest } from '../clouds/http.ts';
import { ImageDropError } from '../model/errors.ts';
import type { Image, NewImage } from '../model/image.ts';
import { type JsonObject, objectsIn, parseObject } from '../model/json.ts';
import type { Alteration, ImagePage } from './endpoint.ts';
import { imageFrom, isGone } from './image-document.ts';
import { sendFile } from './image-file.ts';
import { importRefusal } from './image-import.ts';
import { WEB_DOWNLOAD } from './plan-route.ts';

/** Where the services that speak the Image API v2 differ. */
export interface Dialect {
  readonly codes: ServiceCodes;
  /** Bytes that the endpoint holds; undefined until it says so. */
  sizeIn(document: JsonObject): number | undefined;
}

/** The vendor's own calls lie beside those of the Image API v2, some of them under another version. */
const V1 = '/v1';

/** IMS, "Error Codes": it says so with status 400. */
const NO_SUCH_JOB = 'IMG.0023';

type Filters = Readonly<Record<string, string>>;

interface Page {
  readonly documents: readonly JsonObject[];
  readonly next: string | undefined;
}

/** More images than this that bear one value of a property of ours would be a filter that does not filter. */
const MAX_PAGES = 100;

/** The calls of the Image API v2 (https://docs.openstack.org/api-ref/image/v2/) that every kind of endpoint shares. */
export class ImageApi {
  readonly #connection: Connection;
  readonly #dialect: Dialect;

  constructor(connection: Connection, dialect: Dialect) {
    this.#connection = connection;
    this.#dialect = dialect;
  }

  /** @returns undefined when the id is taken, by an image that there is or that there was */
  async create(fields: JsonObject & { readonly name: string }): Promise<Image | undefined> {
    const asked = this.#asked('Creating', JSON.stringify(fields.name));
    const answer = await this.#call({ call: 'create', method: 'POST', url: '/images', body: JSON.stringify(fields) });
    return answer.status === 409 ? undefined : this.#imageIn(answer, asked);
  }

  /** "Update image": visibility and protection, both or neither. */
  async release(id: string, fields: Pick<NewImage, 'visibility' | 'protected'>): Promise<void> {
    const { visibility } = fields;
    await this.#patch(id, { visibility, protected: fields.protected }, `Releasing (visibility ${visibility})`);
  }

  /** "Update image": what lists show of it. */
  async alter(id: string, { name, osHidden }: Alteration): Promise<void> {
    const fields = { ...(name !== undefined && { name }), ...(osHidden !== undefined && { os_hidden: osHidden }) };
    await this.#patch(id, fields, 'Renaming or hiding');
  }

  async #patch(id: string, fields: JsonObject, doing: string): Promise<void> {
    const changes = Object.entries(fields).map(([name, value]) => ({ op: 'replace', path: `/${name}`, value }));
    const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
    const body = JSON.stringify(changes);
    const answer = await this.#call({ call: 'release', method: 'PATCH', url: imagePath(id), headers, body });
    if (!isSuccess(answer)) throw refusal(answer, this.#asked(doing, id), this.#dialect.codes);
  }

  /** "Sharing", "Create image member". A member that there is already is a success. */
  async share(id: string, member: string): Promise<void> {
    const url = `${imagePath(id)}/members`;
    const answer = await this.#call({ call: 'share', method: 'POST', url, body: JSON.stringify({ member }) });
    if (isSuccess(answer) || answer.status === 409) return;
    throw refusal(answer, this.#asked('Sharing', `${id} with the project ${member}`), this.#dialect.codes);
  }

  /** @returns undefined when there is no such image, or it is deleted */
  async show(id: string): Promise<Image | undefined> {
    const answer = await this.#call({ call: 'show', method: 'GET', url: imagePath(id) });
    if (answer.status === 404) return undefined;
    const image = this.#imageIn(answer, this.#asked('Showing', id));
    return isGone(image) ? undefined : image;
  }

  /** A page of the images that we can see; the cursor is the query of the page. */
  async list(cursor = 'limit=200'): Promise<ImagePage> {
    const { documents, next } = await this.#page(cursor);
    const items = documents.map((one) => this.#read(one, this.#asked('Listing', cursor)));
    return { items: items.filter((image) => !isGone(image)), ...(next !== undefined && { next }) };
  }

  /** All images that bear the value, whether or not the endpoint knows how to look for it. */
  withProperty(name: string, value: string, filters: Filters = {}): Promise<readonly Image[]> {
    return this.#with({ ...filters, [name]: value }, (document) => document[name] === value);
  }

  /** All images that bear the tag, likewise. */
  withTag(tag: string): Promise<readonly Image[]> {
    return this.#with({ tag }, ({ tags }) => Array.isArray(tags) && tags.includes(tag));
  }

  /** @throws `upload-interrupted` when the outcome does not tell what became of the image */
  async upload(id: string, body: Readable, length: number, signal: AbortSignal): Promise<void> {
    const { http, session } = this.#connection;
    const asked = this.#asked('Uploading', id);
    const request = async () => ({
      url: `${await session.imageUrl()}${imagePath(id)}/file`,
      token: await session.token(UPLOAD_TOKEN_SECONDS),
    });
    await sendFile({ http, request, body, length, signal, asked, codes: this.#dialect.codes });
  }

  /** One that is gone already is a success. @throws `image-protected` */
  async delete(id: string): Promise<void> {
    const answer = await this.#call({ call: 'delete', method: 'DELETE', url: imagePath(id) });
    if (isSuccess(answer) || answer.status === 404) return;
    const error = refusal(answer, this.#asked('Deleting', id), this.#dialect.codes);
    if (answer.status !== 403 || !/is protected/i.test(wordsOf(answer.text))) throw error;
    throw new ImageDropError('image-protected', `Image ${id} at ${this.#connection.session.cloud} is protected.`, {
      cause: error,
    });
  }

  /**
   * Has the service fetch the file from a URL. An import that is under way already is a success.
   * @throws `import-refused` when the service may not fetch from there, `route-not-offered`, `image-lost`
   */
  async importFrom(id: string, url: string): Promise<void> {
    const body = JSON.stringify({ method: { name: WEB_DOWNLOAD, uri: url } });
    const answer = await this.#call({ call: 'import', method: 'POST', url: `${imagePath(id)}/import`, body });
    if (isSuccess(answer) || answer.status === 409) return;
    throw importRefusal(answer, refusal(answer, this.#asked('Importing', id), this.#dialect.codes));
  }

  /**
   * Has the service read the file from object storage.
   * @returns the job; undefined when the image is being read already
   */
  async register(id: string, imageUrl: string): Promise<string | undefined> {
    const url = `/cloudimages/${encodeURIComponent(id)}/upload`;
    const body = JSON.stringify({ image_url: imageUrl });
    const answer = await this.#call({ call: 'register', method: 'PUT', url, body }, V1);
    return answer.status === 409 ? undefined : this.#jobIdIn(answer, this.#asked('Registering', id));
  }

  /** Has the service make an image of a file in object storage. @returns the job */
  async fastImport(fields: JsonObject, name: string): Promise<string> {
    const request: HttpRequest = {
      call: 'register',
      method: 'POST',
      url: '/cloudimages/quickimport/action',
      body: JSON.stringify(fields),
    };
    return this.#jobIdIn(await this.#call(request), this.#asked('Importing', JSON.stringify(name)));
  }

  /** @returns undefined when there is no such job (any more) */
  async jobDocument(id: string): Promise<JsonObject | undefined> {
    const project = await this.#connection.session.projectId();
    const url = `/${encodeURIComponent(project)}/jobs/${encodeURIComponent(id)}`;
    const answer = await this.#call({ call: 'job', method: 'GET', url }, V1);
    if (answer.status === 404 || serviceCodeOf(answer.text) === NO_SUCH_JOB) return undefined;
    return this.#documentIn(answer, `Asking ${this.#connection.session.cloud} for the job ${id}`);
  }

  /**
   * An optional question. It has an empty document for an answer where the service has no such thing (404).
   * @returns undefined when the service does not answer it
   * @throws `endpoint-busy`, `endpoint-unavailable` where it may answer later
   */
  async document(path: string): Promise<JsonObject | undefined> {
    const answer = await this.#optional({ call: 'discover', method: 'GET', url: path });
    if (answer === undefined || isSuccess(answer)) return answer && parseObject(answer.text);
    if (answer.status === 404) return {};
    const asked = `Asking ${this.#connection.session.cloud} for ${path.split('?')[0]}`;
    const error = refusal(answer, asked, this.#dialect.codes);
    if (mayAnswerLater(error)) throw error;
    return undefined;
  }

  /** Access rules of an application credential make 401 of what they do not allow, with any token. */
  async #optional(request: HttpRequest): Promise<HttpAnswer | undefined> {
    try {
      return await this.#call(request);
    } catch (error) {
      if (error instanceof ImageDropError && error.code === 'token-refused') return undefined;
      throw error;
    }
  }

  async #with(filters: Filters, isWanted: (document: JsonObject) => boolean): Promise<readonly Image[]> {
    const found: Image[] = [];
    let query: string | undefined = new URLSearchParams(filters).toString();
    const asked = this.#asked('Listing', `with ${query}`);
    for (let page = 0; query !== undefined; page += 1) {
      if (page === MAX_PAGES) throw this.#unusable(asked, 'does not end');
      const { documents, next }: Page = await this.#page(query);
      const images = documents.filter(isWanted).map((document) => this.#read(document, asked));
      found.push(...images.filter((image) => !isGone(image)));
      query = next;
    }
    return found;
  }

  async #page(query: string): Promise<Page> {
    const answer = await this.#call({ call: 'list', method: 'GET', url: `/images?${query}` });
    const smaller = answer.isCut ? smallerPage(query) : undefined;
    if (smaller !== undefined) return this.#page(smaller);
    const document = this.#documentIn(answer, this.#asked('Listing', query));
    // Only the query: behind a path prefix Glance still says `/v2/images?marker=…`.
    const next = typeof document.next === 'string' ? document.next.split('?')[1] : undefined;
    return { documents: objectsIn(document.images), next };
  }

  #jobIdIn(answer: HttpAnswer, asked: string): string {
    const { job_id: id } = this.#documentIn(answer, asked);
    if (typeof id === 'string' && id !== '') return id;
    throw this.#unusable(asked, 'names no job');
  }

  async #call(request: HttpRequest, version?: typeof V1): Promise<HttpAnswer> {
    const imageUrl = await this.#connection.session.imageUrl();
    const url = `${version === undefined ? imageUrl : imageUrl.replace(/\/v2$/, version)}${request.url}`;
    return callWithToken({ ...request, url }, this.#connection, this.#dialect.codes);
  }

  #imageIn(answer: HttpAnswer, asked: string): Image {
    return this.#read(this.#documentIn(answer, asked), asked);
  }

  #documentIn(answer: HttpAnswer, asked: string): JsonObject {
    if (!isSuccess(answer)) throw refusal(answer, asked, this.#dialect.codes);
    if (answer.isCut) throw tooLong(asked);
    const document = parseObject(answer.text);
    if (document === undefined) throw this.#unusable(calling(asked, answer), 'is not JSON');
    return document;
  }

  #read(document: JsonObject, asked: string): Image {
    const image = imageFrom(document, this.#dialect.sizeIn(document));
    if (image === undefined) throw this.#unusable(asked, 'describes no image');
    return image;
  }

  #unusable(asked: string, problem: string): ImageDropError {
    return new ImageDropError('endpoint-answer', `${asked} was answered with a document that ${problem}.`);
  }

  #asked(doing: string, what: string): string {
    return `${doing} image ${what} at ${this.#connection.session.cloud}`;
  }
}

/**
 * A token that ends during an upload costs the whole upload: the longest function there is (5,400 s on Lambda Managed
 * Instances), and a while for the server to settle the image.
 */
const UPLOAD_TOKEN_SECONDS = 6000;

/** Whether the answer may be another later, without anybody doing anything. */
export const mayAnswerLater = ({ code }: ImageDropError): boolean =>
  code === 'endpoint-busy' || code === 'endpoint-unavailable';

/** Image API v2, "List images": what a service gives where no limit is asked for. */
const USUAL_PAGE = 25;

/** The documents of others may be long. @returns undefined where a page has one image already */
function smallerPage(query: string): string | undefined {
  const parameters = new URLSearchParams(query);
  const limit = Number(parameters.get('limit') ?? USUAL_PAGE);
  if (limit <= 1) return undefined;
  parameters.set('limit', String(Math.ceil(limit / 10)));
  return parameters.toString();
}

/** The beginning of a document is not the document. */
function tooLong(asked: string): ImageDropError {
  const message = `${asked} was answered with a document that is longer than imagedrop reads (1 MiB).`;
  return new ImageDropError('endpoint-answer', message, {
    retryable: false,
    nextStep: 'Remove long properties from the image at the endpoint, or check what answers there.',
  });
}

function imagePath(id: string): string {
  return `/images/${encodeURIComponent(id)}`;
}
