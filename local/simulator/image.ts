export type ImageStatus =
  | 'queued'
  | 'saving'
  | 'uploading'
  | 'importing'
  | 'active'
  | 'deactivated'
  | 'killed'
  | 'deleted';

/** What the service holds of one image; one JSON file of the store. */
export interface StoredImage {
  readonly id: string;
  readonly status: ImageStatus;
  readonly name: string | null;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  readonly visibility: string;
  readonly protected: boolean;
  readonly hidden: boolean;
  /** GiB. */
  readonly minDisk: number;
  /** MiB. */
  readonly minRam: number;
  /** Project id; an admin can make an image that has none. */
  readonly owner: string | null;
  /** The projects that a shared image is shared with. @default none */
  readonly members?: readonly Member[];
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly size: number | null;
  /** Bytes of the disk that the guest sees. */
  readonly virtualSize: number | null;
  readonly checksum: string | null;
  readonly hashAlgorithm: string | null;
  readonly hashValue: string | null;
  /** ISO 8601 with milliseconds, so that a listing keeps the order of creation. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** What the image becomes, and when, while the service works on a file that it has received. */
  readonly completion?: Completion;
}

export type MemberStatus = 'pending' | 'accepted' | 'rejected';

export interface Member {
  /** Project id. */
  readonly id: string;
  readonly status: MemberStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Completion {
  readonly at: string;
  readonly becomes: Partial<StoredImage>;
}

/** The attributes that a create request settles. */
export type NewImage = Pick<
  StoredImage,
  | 'name'
  | 'diskFormat'
  | 'containerFormat'
  | 'visibility'
  | 'protected'
  | 'hidden'
  | 'minDisk'
  | 'minRam'
  | 'tags'
  | 'properties'
> & { readonly id?: string; readonly owner?: string | null };

export const WITHOUT_DATA = {
  size: null,
  virtualSize: null,
  checksum: null,
  hashAlgorithm: null,
  hashValue: null,
} as const;

/** The image as it is at this time: with its completion carried out if that time has come. */
export function asOf(image: StoredImage, now: Date): StoredImage {
  if (image.completion === undefined || new Date(image.completion.at) > now) return image;
  const { completion, ...rest } = image;
  return { ...rest, ...completion.becomes, updatedAt: completion.at };
}

/** The API's times have no fraction of a second. */
export function isoSeconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}

/** The attributes that every image service shows in the same way. */
export function commonView(image: StoredImage) {
  const self = `/v2/images/${image.id}`;
  return {
    ...image.properties,
    id: image.id,
    name: image.name,
    status: image.status,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    visibility: image.visibility,
    protected: image.protected,
    min_disk: image.minDisk,
    min_ram: image.minRam,
    owner: image.owner,
    tags: image.tags,
    created_at: isoSeconds(image.createdAt),
    updated_at: isoSeconds(image.updatedAt),
    self,
    file: `${self}/file`,
    schema: '/v2/schemas/image',
  };
}
