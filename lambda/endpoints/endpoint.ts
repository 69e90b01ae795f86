import type { Readable } from 'node:stream';
import type { FoundImage, Image, NewImage, UploadPlan } from '../model/image.ts';
import type { TargetKind } from '../model/target.ts';

/** What every kind of image endpoint can do. All calls throw ImageDropError only. */
export interface ImageEndpoint {
  readonly kind: TargetKind;

  /**
   * How this target takes the image. Asks the cloud what it takes, where it has not said so lately.
   * @throws `format-not-taken`, `too-large`, `route-not-offered`, `quota-exceeded`
   */
  plan(found: FoundImage, objectBytes: number): Promise<UploadPlan>;

  /**
   * The image as this endpoint will accept it (names made legal, min_disk within its bounds). Asks nobody.
   * @throws `invalid-request` where no legal form exists
   */
  conform(image: NewImage): NewImage;

  /**
   * Creates the image, or finds the one that an earlier try has created.
   * @throws `image-id-taken` when the id belongs to a deleted image: go on with the next generation
   */
  create(image: NewImage): Promise<Image>;

  /** @returns undefined when there is no such image (any more). */
  get(id: string): Promise<Image | undefined>;

  /**
   * Sends the bytes. Returns when the endpoint has said that it took them all.
   * @throws `upload-interrupted` when the endpoint's answer does not tell what became of the image: get it and decide
   */
  upload(id: string, body: Readable, length: number, signal: AbortSignal): Promise<void>;

  /** The route `import`; absent where this kind of endpoint has none. */
  readonly imports?: ImportRoute;

  /**
   * Deletes the image; one that is gone already is a success.
   * @throws `image-protected`
   */
  delete(id: string): Promise<void>;
}

/** An endpoint that fetches the bytes itself. */
export interface ImportRoute {
  /**
   * Asks for it; the endpoint does it in its own time. An import that is under way already is a success.
   * @throws `import-refused` when the endpoint may not fetch from there, `route-not-offered`, `image-lost`
   */
  begin(id: string, url: string): Promise<void>;

  /** Why the newest import of an image has failed, in the service's words; undefined where it has not, or does not say. */
  failure(id: string): Promise<string | undefined>;
}

/** One HTTP exchange, as much of it as the endpoints need; adapters/http.ts makes it with undici. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent whole; a stream needs a content-length header. */
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for the answer's headers; 0 waits for as long as the signal allows. */
  readonly answerTimeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body, read up to a bound of 1 MiB. */
  readonly text: string;
}

/**
 * Sends one request. An answer of any status is returned; no redirect is followed.
 * @throws `endpoint-unavailable` when there was no answer (the cause says why), and the signal's reason when it was aborted
 */
export type HttpClient = (request: HttpRequest) => Promise<HttpAnswer>;
