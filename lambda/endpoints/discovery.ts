import { ImageDropError } from '../model/errors.ts';
import { isObject, type JsonObject, objectsIn } from '../model/json.ts';
import { type ImageApi, mayAnswerLater } from './image-api.ts';

/** What a cloud says of itself; left out is what it does not say. */
export interface Discovery {
  /** The disk formats that its schema allows. */
  readonly diskFormats?: readonly string[];
  /** The import methods that it offers. */
  readonly importMethods?: readonly string[];
  /** Why it does not say which it offers, where it may say so later. */
  readonly importFault?: ImageDropError;
  /** Of its newest image: os_hash_algo, the operator's choice, which is not shown elsewhere, or `md5` if it has no other. */
  readonly hashAlgorithm?: string;
  /** What the project may use, and uses. */
  readonly quotas: readonly Quota[];
}

export interface Quota {
  /** image_size_total (MiB), image_count_total, image_count_uploading, image_stage_total (MiB). */
  readonly name: string;
  /** -1: none. */
  readonly limit: number;
  readonly usage: number;
}

/** Operators change these settings with a restart of the service, a few times a year. */
const DISCOVERY_SECONDS = 600;

/** A thousand drops that are refused together need not ask a thousand times. */
const NEWEST_SECONDS = 10;

/**
 * Asks a Glance what it takes (Image API v2: "Image schemas", "Image service info discovery", "List images"). No drop
 * waits for these answers: what the service does not say is unknown, and the service itself decides.
 */
export async function discover(images: ImageApi): Promise<Discovery> {
  let importFault: ImageDropError | undefined;
  const [schema, methods, usage, newest] = await Promise.all([
    unlessFault(images.document('/schemas/image')),
    unlessFault(images.document('/info/import'), (fault) => {
      importFault = fault;
    }),
    unlessFault(images.document('/info/usage')),
    unlessFault(images.document('/images?limit=1&sort=created_at:desc&status=active')),
  ]);
  const diskFormats = schema && texts(at(schema, 'properties', 'disk_format', 'enum'));
  const importMethods = methods && (texts(at(methods, 'import-methods', 'value')) ?? []);
  const hashAlgorithm = hashOf(objectsIn(newest?.images)[0]);
  return {
    ...(diskFormats !== undefined && { diskFormats }),
    ...(importMethods !== undefined && { importMethods }),
    ...(importFault !== undefined && { importFault }),
    ...(hashAlgorithm !== undefined && { hashAlgorithm }),
    quotas: quotasIn(usage?.usage),
  };
}

async function unlessFault(
  answer: Promise<JsonObject | undefined>,
  note: (fault: ImageDropError) => void = () => {},
): Promise<JsonObject | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ImageDropError) || !mayAnswerLater(error)) throw error;
    note(error);
    return undefined;
  }
}

/**
 * Decides by the cloud's own answers. A refusal never rests on an old answer: then the cloud is asked
 * again, and what it says now decides.
 */
export async function decideBy<T>(known: Remembered<Discovery>, decide: (discovery: Discovery) => T): Promise<T> {
  const before = await known.get(DISCOVERY_SECONDS);
  try {
    return decide(before);
  } catch (error) {
    if (!(error instanceof ImageDropError)) throw error;
    return decide(await known.get(NEWEST_SECONDS));
  }
}

/** `checksum` is an md5, beside the other hash or, before release 17, alone. */
function hashOf({ checksum, os_hash_algo: algorithm }: JsonObject = {}): string | undefined {
  if (typeof algorithm === 'string') return algorithm;
  return typeof checksum === 'string' ? 'md5' : undefined;
}

function at(document: JsonObject, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), document);
}

/** The schema's list of disk formats ends with null: an image may have none until it is uploaded. */
function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : undefined;
}

function quotasIn(usage: unknown): readonly Quota[] {
  if (!isObject(usage)) return [];
  return Object.entries(usage).flatMap(([name, figures]) => {
    if (!isObject(figures)) return [];
    const { limit, usage: used } = figures;
    return typeof limit === 'number' && typeof used === 'number' ? [{ name, limit, usage: used }] : [];
  });
}

/** An answer that stays true for a while. Those who ask while it is on its way share it; a failure is not kept. */
export class Remembered<T> {
  readonly #ask: () => Promise<T>;
  readonly #now: () => Date;
  #answer: { readonly value: T; readonly at: number } | undefined;
  #coming: Promise<T> | undefined;

  constructor(ask: () => Promise<T>, now: () => Date) {
    this.#ask = ask;
    this.#now = now;
  }

  /** The answer, requested again when it is older than this. */
  async get(maxAgeSeconds: number): Promise<T> {
    const ageMs = this.#now().getTime() - (this.#answer?.at ?? 0);
    if (this.#answer !== undefined && ageMs <= maxAgeSeconds * 1000) return this.#answer.value;
    this.#coming ??= this.#fetch().finally(() => {
      this.#coming = undefined;
    });
    return this.#coming;
  }

  async #fetch(): Promise<T> {
    const at = this.#now().getTime();
    const value = await this.#ask();
    this.#answer = { value, at };
    return value;
  }
}
