import { authorize, missing, type ObjectCall, objectArn } from './call.ts';
import { notImplemented, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { StoredObject, Version } from './version.ts';

/** The four headers of RFC 9110 section 13.1, or those of a copy's source. */
export interface ReadConditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

export function readConditions(request: S3Request, prefix = ''): ReadConditions {
  return {
    ifMatch: request.header(`${prefix}if-match`),
    ifNoneMatch: request.header(`${prefix}if-none-match`),
    ifModifiedSince: request.header(`${prefix}if-modified-since`),
    ifUnmodifiedSince: request.header(`${prefix}if-unmodified-since`),
  };
}

/** The condition that fails, by its order of precedence in RFC 9110 section 13.2.2. */
export function failedCondition(conditions: ReadConditions, object: StoredObject): string | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) return 'If-Match';
  } else if (isAfter(object.lastModified, ifUnmodifiedSince)) {
    return 'If-Unmodified-Since';
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object.etag) ? 'If-None-Match' : undefined;
  return isAfter(object.lastModified, ifModifiedSince) === false ? 'If-Modified-Since' : undefined;
}

/** @returns undefined when there is no valid date to compare with */
function isAfter(lastModified: string, header: string | undefined): boolean | undefined {
  const bound = Date.parse(header ?? '');
  return Number.isNaN(bound) ? undefined : Date.parse(lastModified) > bound;
}

function matches(header: string, etag: string): boolean {
  return header.split(',').some((it) => ['*', etag].includes(unquoted(it.trim())));
}

function unquoted(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, '$1');
}

/** If-None-Match: * and If-Match: etag of a write (S3 user guide, "Conditional writes"). */
export class WriteCondition {
  readonly #call: ObjectCall;
  readonly #ifMatch: string | undefined;
  readonly #ifNoneMatch: string | undefined;

  /** @throws NotImplemented, AccessDenied */
  constructor(call: ObjectCall) {
    this.#call = call;
    this.#ifMatch = call.request.header('if-match');
    this.#ifNoneMatch = call.request.header('if-none-match');
    if (this.#ifNoneMatch !== undefined && this.#ifNoneMatch !== '*') {
      throw notImplemented('If-None-Match with anything but * on a write');
    }
    if (this.#ifMatch !== undefined) authorize(call, 's3:GetObject', objectArn(call.bucket, call.key));
  }

  /**
   * Before the content is read, so that it need not be sent in vain.
   * @throws PreconditionFailed; NoSuchKey for If-Match where nothing is
   */
  check(): void {
    const { bucket, key } = this.#call;
    if (this.#ifNoneMatch !== undefined) requireAbsent(bucket.current(key));
    if (this.#ifMatch !== undefined) requireMatch(this.#call, bucket.newest(key), this.#ifMatch);
  }

  /**
   * At the moment of the change, with the lock held. What held at first and does not now is a race.
   * @throws ConditionalRequestConflict
   */
  checkAgain(): void {
    try {
      this.check();
    } catch (error) {
      throw error instanceof S3Error ? new S3Error('ConditionalRequestConflict') : error;
    }
  }
}

/**
 * If-Match of a write or delete.
 * @throws PreconditionFailed, NoSuchKey
 */
export function requireMatch(call: ObjectCall, newest: Version | undefined, ifMatch: string): void {
  if (newest?.kind === 'object' && matches(ifMatch, newest.etag)) return;
  if (newest !== undefined && (newest.kind === 'object' || ifMatch === '*')) throw preconditionFailed('If-Match');
  throw missing(call, new S3Error('NoSuchKey', { elements: { Key: call.key } }));
}

function requireAbsent(current: StoredObject | undefined): void {
  if (current !== undefined) throw preconditionFailed('If-None-Match');
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { elements: { Condition: condition } });
}
