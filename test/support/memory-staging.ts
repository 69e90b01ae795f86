import { createHash } from 'node:crypto';
import type { ImageDropError } from '../../lambda/model/errors.ts';
import type {
  PartContent,
  PartsAfter,
  StagedPart,
  Staging,
  StagingStore,
  UploadRef,
} from '../../lambda/steps/ports.ts';

type StagingCall = Exclude<keyof StagingStore, 'bucket'>;

interface Fault {
  readonly call: StagingCall;
  readonly error: ImageDropError;
  /** Thrown when the call has had its effect. */
  readonly afterEffect?: boolean;
}

/** An object storage in memory, whose every call can be made to fail once. */
export class MemoryStaging implements Staging, StagingStore {
  readonly bucket: string;
  readonly objects = new Map<string, Buffer>();
  readonly multipart = new Map<string, { readonly key: string; readonly parts: Map<number, Buffer> }>();
  readonly faults: Fault[] = [];
  /** Whether the drop bucket is this one. */
  isDropBucket = false;
  /** Thrown where keys are needed. */
  noAccess: ImageDropError | undefined;
  /** How often a part was stored, by its number. */
  readonly storedParts: number[] = [];
  #begun = 0;

  constructor(bucket = 'staging') {
    this.bucket = bucket;
  }

  holds(): boolean {
    return this.isDropBucket;
  }

  async requireKeys(): Promise<void> {
    if (this.noAccess !== undefined) throw this.noAccess;
  }

  async of(): Promise<StagingStore> {
    await this.requireKeys();
    return this;
  }

  uploads(key: string): Promise<readonly string[]> {
    return this.#faulty('uploads', () => [...this.multipart].filter(([, one]) => one.key === key).map(([id]) => id));
  }

  begin(key: string): Promise<string> {
    return this.#faulty('begin', () => {
      this.#begun += 1;
      const id = `upload-${this.#begun}`;
      this.multipart.set(id, { key, parts: new Map() });
      return id;
    });
  }

  parts(_key: string, uploadId: string, some?: PartsAfter): Promise<readonly StagedPart[] | undefined> {
    return this.#faulty('parts', () => {
      const upload = this.multipart.get(uploadId);
      const all = [...(upload?.parts ?? [])].map(([number, bytes]) => ({
        number,
        etag: md5(bytes),
        bytes: bytes.length,
      }));
      const sorted = all.toSorted((one, other) => one.number - other.number);
      const { after, most } = some ?? { after: 0, most: Number.POSITIVE_INFINITY };
      return upload && sorted.filter(({ number }) => number > after).slice(0, most);
    });
  }

  storePart({ uploadId }: UploadRef, { number, bytes }: PartContent): Promise<boolean> {
    return this.#faulty('storePart', () => {
      this.storedParts.push(number);
      return this.multipart.get(uploadId)?.parts.set(number, Buffer.from(bytes)) !== undefined;
    });
  }

  complete(key: string, uploadId: string, parts: readonly StagedPart[]): Promise<boolean> {
    return this.#faulty('complete', () => {
      const upload = this.multipart.get(uploadId);
      if (upload === undefined) return false;
      this.objects.set(key, Buffer.concat(parts.map(({ number }) => upload.parts.get(number) ?? Buffer.alloc(0))));
      return this.multipart.delete(uploadId);
    });
  }

  abort(_key: string, uploadId: string): Promise<void> {
    return this.#faulty('abort', () => void this.multipart.delete(uploadId));
  }

  put(key: string, bytes: Buffer): Promise<void> {
    return this.#faulty('put', () => void this.objects.set(key, bytes));
  }

  size(key: string): Promise<number | undefined> {
    return this.#faulty('size', () => this.objects.get(key)?.length);
  }

  delete(key: string): Promise<void> {
    return this.#faulty('delete', () => void this.objects.delete(key));
  }

  async #faulty<T>(call: StagingCall, effect: () => T): Promise<T> {
    const index = this.faults.findIndex((fault) => fault.call === call);
    const [fault] = index >= 0 ? this.faults.splice(index, 1) : [];
    if (fault !== undefined && fault.afterEffect !== true) throw fault.error;
    const result = effect();
    if (fault !== undefined) throw fault.error;
    return result;
  }
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');
