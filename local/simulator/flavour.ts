import type { Answer, Call, Fault, JsonObject } from './http.ts';
import type { NewImage, StoredImage } from './image.ts';
import type { ByteLimit } from './image-file.ts';
import type { ImageStore, LiveImages } from './image-store.ts';
import type { Tokens } from './keystone.ts';
import type { Route } from './router.ts';
import type { Properties } from './schema.ts';

/** What can happen to an image whose file was accepted: it stays `saving`, permanently or for some time, or becomes `killed`. */
export type Mishap = 'saving for ever' | 'saving late' | 'killed';

/** Decides what happens to an image after its file was accepted; undefined: the normal course. */
export type MishapOf = (imageId: string) => Mishap | undefined;

/** Who makes a request, according to the token. */
export interface Caller {
  readonly userId: string;
  readonly projectId: string;
  readonly isAdmin: boolean;
}

/** Where the two image services differ; all that is not here they have in common. */
export interface Flavour {
  readonly basePath: string;
  readonly properties: Properties;
  /** The documents of GET /v2/schemas/{name}. */
  readonly schemas: ReadonlyMap<string, JsonObject>;
  readonly createdHeaders: Readonly<Record<string, string>>;
  readonly checksum: boolean;
  readonly hashAlgorithm: string;
  readonly activationDelayMs: number;
  readonly mishap: MishapOf;
  /** Settles the attributes of a new image, or throws the fault that refuses it. */
  create(body: JsonObject, caller: Caller, live: LiveImages): NewImage;
  /** Throws the fault that refuses these attributes for a character that the service cannot keep. */
  admitText(attributes: object): void;
  view(image: StoredImage): JsonObject;
  /** Throws the fault that refuses an upload of this size before anything else is looked at. */
  admitSize(declaredBytes: number | undefined, caller: Caller, live: LiveImages): void;
  /** Throws the fault that refuses the store that the client names. */
  admitStore(name: string | undefined): void;
  /** Throws the fault that refuses an upload before its body is read; else says how much may come. */
  admitUpload(image: StoredImage, declaredBytes: number | undefined, live: LiveImages): ByteLimit[];
  /** Looks at a whole file that has been received. */
  judge(image: StoredImage, path: string): Promise<Verdict>;
  /** Throws the fault that is planned for such a call, before anything is looked at. */
  meet?(call: Call): void;
  refuse(fault: Fault, call: Call): Answer;
  /** The answer with the header that names its request, where the service has one. */
  withRequestId?(answer: Answer, call: Call): Answer;
  /** The calls that only this service has. */
  routes(context: ImageContext): Route[];
  /** Ends what it does beside its requests. */
  close?(): Promise<void>;
}

/** What becomes of an image whose file has been received. */
export interface Verdict {
  readonly status: 'active' | 'killed' | 'queued';
  readonly virtualSize?: number;
  /** What the PUT is answered with, where the service refuses at once; without one it answers 204. */
  readonly fault?: Fault;
}

/** What every handler of an image service works with. */
export interface ImageContext {
  readonly flavour: Flavour;
  readonly store: ImageStore;
  readonly tokens: Tokens;
  readonly clock: () => Date;
}
