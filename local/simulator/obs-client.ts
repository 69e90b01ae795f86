import { addAbortSignal, Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { refusal } from './ims-settings.ts';

/** A place that speaks S3: OBS, or any server like it. It is reached in path style. */
export interface ObsSettings {
  readonly endpoint: string;
  /** What requests are signed for. @default us-east-1 */
  readonly region?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** One object, as it was when it was found. */
export interface SourceObject {
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
}

/** Bytes that one request brings: a few seconds' worth, so that a break costs little. */
const RANGE_BYTES = 64 * 1024 ** 2;

/** IMS as a client of object storage. */
export class ObsClient {
  readonly #client: S3Client;

  constructor({ endpoint, region = 'us-east-1', accessKeyId, secretAccessKey }: ObsSettings) {
    this.#client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      // OBS does not know the newer checksums of S3.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  close(): void {
    this.#client.destroy();
  }

  /**
   * @returns undefined when there is no such object, or none that may be read
   * @throws Fault IMG.0061 when object storage gives no answer to that
   */
  async find(bucket: string, key: string): Promise<SourceObject | undefined> {
    try {
      const head = await this.#client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return { bucket, key, size: head.ContentLength ?? 0, etag: head.ETag ?? '' };
    } catch (thrown) {
      if ([403, 404].includes(statusOf(thrown))) return undefined;
      throw refusal('IMG.0061', `Object storage does not answer: ${thrown}`);
    }
  }

  /**
   * The bytes from start on, up to but without end, in constant memory.
   * @throws Fault IMG.0057 when the object is another one by now or gone, IMG.0061 when it cannot be read
   */
  async *read(source: SourceObject, start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
    try {
      for (let at = start; at < end; at += RANGE_BYTES) {
        yield* await this.#range(source, at, Math.min(at + RANGE_BYTES, end) - 1, signal);
      }
    } catch (thrown) {
      if ([403, 404, 412].includes(statusOf(thrown))) {
        throw refusal('IMG.0057', `The image file ${source.key} has changed or gone while it was read.`);
      }
      throw refusal('IMG.0061', `The image file ${source.key} cannot be read: ${thrown}`);
    }
  }

  async #range({ bucket, key, etag }: SourceObject, first: number, last: number, signal?: AbortSignal) {
    const range = { Range: `bytes=${first}-${last}`, IfMatch: etag };
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...range });
    const { Body: body } = await this.#client.send(command, signal && { abortSignal: signal });
    if (!(body instanceof Readable)) throw new Error('The answer has no body.');
    return signal === undefined ? body : addAbortSignal(signal, body);
  }
}

function statusOf(thrown: unknown): number {
  return thrown instanceof S3ServiceException ? (thrown.$metadata.httpStatusCode ?? 0) : 0;
}
