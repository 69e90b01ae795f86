import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { request } from 'undici';
import { listParts } from '../upload/multipart.ts';
import { partBytesOf } from '../upload/parts.ts';
import { UiError } from './ui-error.ts';

const MAX_KEY_BYTES = 1024;
/** Few requests, and little to send again where a connection breaks. */
const USUAL_PART_BYTES = 16 * 2 ** 20;
/** A signature is looked at when a request begins. */
const URL_SECONDS = 900;

export interface BegunUpload {
  readonly id: string;
  /** The size of all parts but the last. */
  readonly partBytes: number;
  readonly parts: number;
}

interface Upload extends BegunUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly size: number;
}

/** The files that are on their way from the page to the drop bucket. What is there already, S3 knows. */
export class Uploads {
  readonly #s3: S3Client;
  readonly #bucket: string;
  readonly #underWay = new Map<string, Upload>();

  /** @param s3 one that adds no checksums of its own */
  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  /** @throws UiError for a key that S3 does not take */
  async begin(key: string, size: number): Promise<BegunUpload> {
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
      throw new UiError(400, 'long-name', `The name has more than ${MAX_KEY_BYTES} bytes.`, {
        nextStep: 'Rename the file and drop it again.',
      });
    }
    const created = await this.#s3.send(new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: key }));
    const partBytes = partBytesOf(size, USUAL_PART_BYTES);
    // A file without bytes is an upload of one empty part.
    const parts = Math.max(Math.ceil(size / partBytes), 1);
    const id = randomBytes(12).toString('base64url');
    this.#underWay.set(id, { id, key, uploadId: created.UploadId ?? '', size, partBytes, parts });
    return { id, partBytes, parts };
  }

  /**
   * The URL for the bytes of a part: anyone who has it can write this one part, for a quarter of an hour.
   * @throws UiError for an upload or a part that there is not
   */
  async partUrl(id: string, partNumber: number): Promise<string> {
    const { key, uploadId, parts } = this.#find(id);
    if (!(partNumber >= 1 && partNumber <= parts)) {
      throw new UiError(400, 'bad-request', `This upload has the parts 1 to ${parts}.`);
    }
    const part = { Bucket: this.#bucket, Key: key, UploadId: uploadId, PartNumber: partNumber };
    return getSignedUrl(this.#s3, new UploadPartCommand(part), { expiresIn: URL_SECONDS });
  }

  /**
   * Makes the parts one object, if they are all there: what arrived is asked of S3, not of the page.
   * @returns the version; undefined in a bucket without versions
   */
  async complete(id: string): Promise<{ key: string; versionId?: string | undefined }> {
    const upload = this.#find(id);
    const parts = (await listParts(this.#s3, this.#address(upload))) ?? [];
    const size = parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
    if (parts.length !== upload.parts || size !== upload.size) {
      const message = `${size} of ${upload.size} bytes have arrived: the file has changed, or parts are missing.`;
      throw new UiError(409, 'incomplete', message, { nextStep: 'Drop the file again.' });
    }
    const Parts = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    const { VersionId: versionId } = await this.#s3.send(
      new CompleteMultipartUploadCommand({ ...this.#address(upload), MultipartUpload: { Parts } }),
    );
    this.#underWay.delete(id);
    return { key: upload.key, versionId };
  }

  /** Gives an upload up: S3 forgets its parts. */
  async abort(id: string): Promise<void> {
    const upload = this.#find(id);
    this.#underWay.delete(id);
    await this.#s3.send(new AbortMultipartUploadCommand(this.#address(upload)));
  }

  /**
   * Gives up all unfinished uploads, so that no half file costs money.
   * @returns what could not be given up: the bucket's own rule removes it after seven days
   */
  async abortAll(): Promise<readonly unknown[]> {
    const results = await Promise.allSettled(Array.from(this.#underWay.keys(), (id) => this.abort(id)));
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  }

  #address({ key, uploadId }: Upload) {
    return { Bucket: this.#bucket, Key: key, UploadId: uploadId };
  }

  #find(id: string): Upload {
    const upload = this.#underWay.get(id);
    if (upload === undefined) throw new UiError(404, 'no-such-upload', 'This upload has ended or was given up.');
    return upload;
  }
}

/**
 * Streams the body of a request to a presigned URL, for buckets that do not take parts from a page itself.
 * @throws UiError with the words of S3
 */
export async function passThrough(incoming: IncomingMessage, url: string): Promise<void> {
  const length = incoming.headers['content-length'];
  if (length === undefined) throw new UiError(411, 'bad-request', 'The body has no content-length.');
  const answer = await request(url, {
    method: 'PUT',
    body: incoming,
    headers: { 'content-length': length },
    // Until the last byte is sent nothing is answered: a part may take its time on a thin line.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const text = await answer.body.text();
  if (answer.statusCode === 200) return;
  const [, why = `HTTP ${answer.statusCode}`] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  throw new UiError(502, 'part-refused', `S3 did not take a part: ${why}`);
}
