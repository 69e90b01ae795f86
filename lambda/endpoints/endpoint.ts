import type { Readable } from 'node:stream';
import type { ImageDropError } from '../model/errors.ts';
import type { FoundImage, Image, MeasuredUpload, NewImage, UploadPlan } from '../model/image.ts';
import type { TargetKind } from '../model/target.ts';

/** What every kind of image endpoint can do. All calls throw ImageDropError only. */
export interface ImageEndpoint {
  readonly kind: TargetKind;

  /**
   * How this target takes the image. Asks the cloud what it takes, unless it has answered lately.
   * @param place where the object is; undefined: unknown
   * @throws `format-not-taken`, `too-large`, `route-not-offered`, `quota-exceeded`
   */
  plan(found: FoundImage, objectBytes: number, place?: DropPlace): Promise<UploadPlan>;

  /**
   * The image as this endpoint will accept it (names made legal, min_disk within its bounds). Sends no request.
   * @throws `invalid-request` where no legal form exists
   */
  conform(image: NewImage): NewImage;

  /**
   * Creates the image, or finds the one that an earlier try has created.
   * @throws `image-id-taken` when the id belongs to a deleted image: go on with the next generation
   */
  create(image: NewImage): Promise<Image>;

  /**
   * Gives a verified image its visibility and its protection, both or neither; once more changes nothing.
   * @throws `forbidden` where the cloud does not let us
   */
  release(id: string, image: Pick<NewImage, 'visibility' | 'protected'>): Promise<void>;

  /**
   * Makes a project a member of a released image whose visibility is `shared`; one that is a member already stays so.
   * @throws `forbidden`
   */
  share(id: string, project: string): Promise<void>;

  /** Changes what lists show of an image; once more changes nothing. @throws `forbidden` */
  alter(id: string, change: Alteration): Promise<void>;

  /** All images that bear a value of a property, hidden ones among them. */
  bearing(property: string, value: string): Promise<readonly Image[]>;

  /** The images that were created for the `id` of a NewImage: more than one where the service chooses ids itself. */
  createdFor(id: string): Promise<readonly Image[]>;

  /** @returns undefined when there is no such image (any more). */
  get(id: string): Promise<Image | undefined>;

  /**
   * Sends the bytes. Returns when the endpoint has confirmed that it has them all.
   * @throws `upload-interrupted` when the endpoint's answer does not tell what became of the image: get it and decide
   */
  upload(id: string, body: Readable, length: number, signal: AbortSignal): Promise<void>;

  /** The route `import`; absent where this kind of endpoint has none. */
  readonly imports?: ImportRoute;

  /** The routes `register` and `fast-import`; absent where this kind of endpoint has none. */
  readonly registers?: RegisterRoute;

  /**
   * A page of the images that we can see, others' among them.
   * @param cursor where it begins, from the page before
   */
  list(cursor?: string): Promise<ImagePage>;

  /**
   * Deletes the image; one that is gone already is a success.
   * @throws `image-protected`
   */
  delete(id: string): Promise<void>;
}

/** What is absent stays as it is. */
export interface Alteration {
  readonly name?: string;
  readonly osHidden?: boolean;
}

export interface ImagePage {
  readonly items: readonly Image[];
  /** Where the next page begins; absent after the last. */
  readonly next?: string;
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

/** Where a dropped object is, what is beside it, and the result of its last upload. */
export interface DropPlace {
  readonly measured?: MeasuredUpload;
  readonly key: string;
  /** Whether the drop bucket is the very bucket that the service reads from. */
  readonly isStaging: boolean;
  /** Whether there is an object under another key of the drop bucket. */
  has(key: string): Promise<boolean>;
}

/** An object of the service's own object storage. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** An endpoint that reads the bytes from object storage itself. */
export interface RegisterRoute {
  /**
   * Has an image that waits for its data made from an object.
   * @returns the job; undefined when it is under way already, by an earlier request
   */
  begin(imageId: string, object: ObjectPlace): Promise<string | undefined>;

  /** Has a new image made from an object: the service creates it. @returns the job */
  fastImport(image: NewImage, object: ObjectPlace): Promise<string>;

  /** The images that fast imports have made for the `id` of a NewImage. */
  madeFor(id: string): Promise<readonly Image[]>;

  /** @returns undefined when there is no such job (any more) */
  job(id: string): Promise<RegisterJob | undefined>;
}

export interface RegisterJob {
  readonly state: 'running' | 'done' | 'failed';
  /** 0 to 100; undefined where the service does not say. */
  readonly percent?: number;
  /** The image it makes, once it is known. */
  readonly imageId?: string;
  /** Why it has failed, in the service's words. */
  readonly failure?: ImageDropError;
}
