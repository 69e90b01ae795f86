import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parseTarget, type QueryParameter, type RequestTarget } from '../access/request-target.ts';
import { isPresigned } from '../access/sigv4.ts';
import { S3Error } from './errors.ts';

/** S3 user guide, "Naming Amazon S3 objects". */
const MAX_KEY_BYTES = 1024;

/** A request of the S3 API: what it is about, and its parameters. */
export class S3Request {
  readonly id = randomBytes(8).toString('hex').toUpperCase();
  readonly method: string;
  readonly target: RequestTarget;
  readonly presigned: boolean;
  /** Empty when the request is about the service. */
  readonly bucket: string;
  /** Empty when the request is about a bucket or the service. */
  readonly key: string;
  readonly #incoming: IncomingMessage;
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #hoistedHeaders: ReadonlyMap<string, string>;
  readonly #onBodyWanted: () => void;

  /**
   * @param onBodyWanted called before the body is read: a client that sent `Expect: 100-continue` waits for leave
   * @throws InvalidURI, KeyTooLongError
   */
  constructor(incoming: IncomingMessage, onBodyWanted: () => void = () => undefined) {
    this.#incoming = incoming;
    this.#onBodyWanted = onBodyWanted;
    this.method = incoming.method ?? '';
    this.target = readTarget(incoming.url ?? '');
    this.presigned = isPresigned(this.target);
    this.#parameters = new Map(this.target.query);
    this.#hoistedHeaders = this.presigned ? hoistedHeaders(this.target.query) : new Map();
    const { bucket, key } = splitAddress(incoming.headers.host ?? '', this.target.path);
    this.bucket = bucket;
    this.key = key;
    checkKeyLength(key);
  }

  get headers(): NodeJS.Dict<string[]> {
    return this.#incoming.headersDistinct;
  }

  /** A header, or the parameter of a presigned URL that stands for it; empty counts as absent. */
  header(name: string): string | undefined {
    return this.headers[name]?.join(',') || this.#hoistedHeaders.get(name) || undefined;
  }

  /** The headers whose name the predicate accepts, sorted by name. */
  headersWhere(predicate: (name: string) => boolean): Record<string, string> {
    const names = new Set([...Object.keys(this.headers), ...this.#hoistedHeaders.keys()]);
    const wanted = [...names].filter(predicate).sort();
    return Object.fromEntries(wanted.map((name) => [name, this.header(name) ?? '']));
  }

  /** A parameter of the query; the empty string where it has no value. */
  parameter(name: string): string | undefined {
    return this.#parameters.get(name);
  }

  has(parameterName: string): boolean {
    return this.#parameters.has(parameterName);
  }

  /**
   * A whole number in the query.
   * @throws InvalidArgument
   */
  integer(name: string, { lowest, highest }: { lowest: number; highest: number }): number | undefined {
    const text = this.parameter(name);
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    const message = `Argument ${name} must be an integer between ${lowest} and ${highest}`;
    throw new S3Error('InvalidArgument', { message, elements: { ArgumentName: name, ArgumentValue: text } });
  }

  /** The body as it comes over the wire. Ending early leaves the connection open for the answer. */
  wireBody(): AsyncIterable<Buffer> {
    this.#onBodyWanted();
    return this.#incoming.iterator({ destroyOnReturn: false });
  }
}

function readTarget(url: string): RequestTarget {
  try {
    return parseTarget(url);
  } catch (error) {
    if (error instanceof URIError) throw new S3Error('InvalidURI');
    throw error;
  }
}

/**
 * A presigner may move x-amz- headers into the query; S3 reads them there as headers. Values become one character per
 * byte, as those of headers are.
 */
function hoistedHeaders(query: readonly QueryParameter[]): Map<string, string> {
  const lowered = query.map(([name, value]) => [name.toLowerCase(), Buffer.from(value).toString('latin1')] as const);
  return new Map(lowered.filter(([name]) => name.startsWith('x-amz-')));
}

/** Path style `/bucket/key`, or virtual-hosted style on `bucket.localhost`. */
function splitAddress(host: string, path: string): { bucket: string; key: string } {
  const [, hostBucket] = /^(.+)\.localhost(?::\d+)?$/i.exec(host) ?? [];
  if (hostBucket !== undefined) return { bucket: hostBucket, key: path.slice(1) };
  const slash = path.indexOf('/', 1);
  if (slash < 0) return { bucket: path.slice(1), key: '' };
  return { bucket: path.slice(1, slash), key: path.slice(slash + 1) };
}

/** @throws KeyTooLongError */
export function checkKeyLength(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_KEY_BYTES) return;
  throw new S3Error('KeyTooLongError', { elements: { Size: String(bytes), MaxSizeAllowed: String(MAX_KEY_BYTES) } });
}
