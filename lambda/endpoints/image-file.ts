import { finished, type Readable, Transform } from 'node:stream';
import { refusal, type ServiceCodes, withoutSecret } from '../clouds/answers.ts';
import type { HttpAnswer, HttpClient } from '../clouds/http.ts';
import { asImageDropError, ImageDropError, messageOf } from '../model/errors.ts';

export interface FileToSend {
  readonly http: HttpClient;
  /** Where to, and by whose right; asked at the last moment. */
  request(): Promise<{ readonly url: string; readonly token: string }>;
  readonly body: Readable;
  /** Bytes. */
  readonly length: number;
  readonly signal: AbortSignal;
  /** What is being done, as the beginning of a sentence. */
  readonly asked: string;
  readonly codes: ServiceCodes;
}

/** Stock Glance says 204; gateways before it say 200 or 201. */
const TAKEN: readonly number[] = [200, 201, 204];

/**
 * Answers after which the image may be in any state. 401: the token ended on the way. 404 and 410: the image was deleted,
 * or another PUT was faster. 408: the server gave up waiting. 409: it is not queued any more, perhaps by an earlier try.
 */
const TELLS_NOTHING: readonly number[] = [401, 404, 408, 409, 410];

/**
 * PUT of the file (Image API v2, "Upload binary image data"). It is never sent twice: a body that was begun is spent.
 * @throws the signal's reason, the source's own error, `upload-interrupted` with the cause, or what the answer says
 */
export async function sendFile(file: FileToSend): Promise<void> {
  const body = uploadBody(file.body, file.length);
  try {
    const answer = await put(file, body);
    if (!TAKEN.includes(answer.status)) throw judge(answer, file);
  } finally {
    body.close();
  }
}

async function put(file: FileToSend, body: UploadBody): Promise<HttpAnswer> {
  const { url, token } = await file.request();
  try {
    const answer = await file.http({
      method: 'PUT',
      call: 'upload',
      url,
      headers: {
        'x-auth-token': token,
        accept: 'application/json',
        'content-type': 'application/octet-stream',
        'content-length': String(file.length),
        'x-openstack-image-size': String(file.length),
      },
      body: body.stream,
      signal: file.signal,
      // The server answers when it has stored and hashed everything; the signal bounds the wait.
      answerTimeoutMs: 0,
    });
    return { ...answer, text: withoutSecret(answer.text, token) };
  } catch (error) {
    if (file.signal.aborted) throw asImageDropError(file.signal.reason);
    throw body.failure() ?? interrupted(asImageDropError(error));
  }
}

function judge(answer: HttpAnswer, file: FileToSend): ImageDropError {
  const error = refusal(answer, file.asked, file.codes);
  const open = TELLS_NOTHING.includes(answer.status) || answer.status >= 500 || error.code === 'unauthorized';
  return open ? interrupted(error) : error;
}

function interrupted(cause: ImageDropError): ImageDropError {
  return new ImageDropError('upload-interrupted', `The upload was interrupted: ${cause.message}`, {
    cause,
    ...(cause.retryAfterSeconds !== undefined && { retryAfterSeconds: cause.retryAfterSeconds }),
  });
}

/**
 * Separates a source from the HTTP client, which destroys its body with its own error when a connection breaks:
 * so it stays known which of the two has failed. Also sees to it that the source brings exactly its length.
 */
export interface UploadBody {
  readonly stream: Readable;
  /** Why the source failed; undefined as long as it has not. */
  failure(): ImageDropError | undefined;
  /** Gives up the source. */
  close(): void;
}

export function uploadBody(source: Readable, length: number): UploadBody {
  let bytes = 0;
  let failure: ImageDropError | undefined;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > length ? fail(wrongLength(bytes, length)) : null, chunk);
    },
    flush(done) {
      done(bytes < length ? fail(wrongLength(bytes, length)) : null);
    },
  });
  const fail = (error: ImageDropError): ImageDropError => {
    failure = error;
    return error;
  };
  // Failures are reported by the request, or by failure().
  stream.on('error', () => {});
  stream.on('close', () => source.destroy());
  finished(source, { writable: false }, (error) => {
    if (error && !stream.destroyed) stream.destroy(fail(sourceError(error, bytes, length)));
  });
  source.pipe(stream);
  const close = (): void => {
    stream.destroy();
    source.destroy();
  };
  return { stream, failure: () => failure, close };
}

function sourceError(error: unknown, bytes: number, length: number): ImageDropError {
  if (error instanceof ImageDropError) return error;
  const message = `The source failed after ${bytes} of ${length} bytes: ${messageOf(error)}.`;
  return new ImageDropError('source-unreadable', message, { cause: error });
}

function wrongLength(bytes: number, length: number): ImageDropError {
  const message = bytes < length ? `ended after ${bytes} of ${length} bytes` : `brought more than its ${length} bytes`;
  return new ImageDropError('source-unreadable', `The source ${message}.`);
}
