import { randomBytes } from 'node:crypto';
import type { BodyChecksum } from './body.ts';
import type { ChecksumKind } from './checksums.ts';
import { S3Error } from './errors.ts';
import { JsonFiles } from './json-files.ts';
import type { BlobPart, ObjectAttributes } from './version.ts';

/** A multipart upload that is neither completed nor aborted. */
export interface Upload {
  readonly uploadId: string;
  readonly key: string;
  /** ISO 8601. */
  readonly initiated: string;
  readonly attributes: ObjectAttributes;
  /** What CreateMultipartUpload asked for. */
  readonly checksum?: ChecksumKind | undefined;
  readonly parts: ReadonlyMap<number, UploadedPart>;
}

export interface UploadedPart extends BlobPart {
  readonly partNumber: number;
  /** MD5 in hex. */
  readonly etag: string;
  readonly lastModified: string;
  readonly checksum?: BodyChecksum | undefined;
}

export type UploadDraft = Omit<Upload, 'uploadId' | 'parts'>;

type UploadDocument =
  | (Omit<Upload, 'parts'> & { readonly kind: 'upload' })
  | (UploadedPart & { readonly kind: 'part'; readonly uploadId: string });

interface MutableUpload extends Upload {
  readonly parts: Map<number, UploadedPart>;
}

/** The multipart uploads of a bucket, in memory and as documents on disk. */
export class Uploads {
  readonly #files: JsonFiles<UploadDocument>;
  readonly #uploads = new Map<string, MutableUpload>();

  private constructor(files: JsonFiles<UploadDocument>) {
    this.#files = files;
  }

  static async open(folder: string): Promise<Uploads> {
    const uploads = new Uploads(await JsonFiles.open<UploadDocument>(folder));
    await uploads.#load();
    return uploads;
  }

  all(): readonly Upload[] {
    return [...this.#uploads.values()];
  }

  /** @throws NoSuchUpload */
  find(uploadId: string, key: string): Upload {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined || upload.key !== key)
      throw new S3Error('NoSuchUpload', { elements: { UploadId: uploadId } });
    return upload;
  }

  async create(draft: UploadDraft): Promise<Upload> {
    const upload = { ...draft, uploadId: randomBytes(32).toString('base64url') };
    this.#files.write(upload.uploadId, { kind: 'upload', ...upload });
    const created = { ...upload, parts: new Map() };
    this.#uploads.set(upload.uploadId, created);
    return created;
  }

  /** @returns the part that had this number before */
  async putPart({ uploadId, key }: Upload, part: UploadedPart): Promise<UploadedPart | undefined> {
    this.find(uploadId, key);
    this.#files.write(partName(uploadId, part), { kind: 'part', uploadId, ...part });
    const parts = this.#uploads.get(uploadId)?.parts;
    const replaced = parts?.get(part.partNumber);
    parts?.set(part.partNumber, part);
    return replaced;
  }

  /** Forgets an upload; what becomes of the bytes of its parts is the caller's to say. */
  async remove({ uploadId, parts }: Upload): Promise<void> {
    this.#uploads.delete(uploadId);
    await this.#files.remove(uploadId);
    for (const part of parts.values()) await this.#files.remove(partName(uploadId, part));
  }

  async #load(): Promise<void> {
    const parts: Extract<UploadDocument, { kind: 'part' }>[] = [];
    for await (const document of this.#files.all()) {
      if (document.kind === 'part') parts.push(document);
      else this.#uploads.set(document.uploadId, { ...document, parts: new Map() });
    }
    for (const part of parts) {
      const upload = this.#uploads.get(part.uploadId);
      // The removal of its upload was interrupted.
      if (upload === undefined) await this.#files.remove(partName(part.uploadId, part));
      else upload.parts.set(part.partNumber, part);
    }
  }
}

function partName(uploadId: string, { partNumber }: UploadedPart): string {
  return `${uploadId}.${partNumber}`;
}
