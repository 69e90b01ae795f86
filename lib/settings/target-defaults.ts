import type { Target, TargetKind } from '../../lambda/model/target.ts';

type KindDefaults = Pick<Target, 'maxPutBytes' | 'minDisk' | 'convertTo' | 'objectStorage'>;

/** GiB. Glance keeps min_disk in a signed 32-bit column. */
export const HIGHEST_MIN_DISK = 2 ** 31 - 1;

export const TARGET_DEFAULTS: Readonly<Record<TargetKind, KindDefaults>> = {
  glance: {
    // Glance's own default of image_size_cap: 1 TiB.
    maxPutBytes: 2 ** 40,
    minDisk: { lowest: 0, highest: HIGHEST_MIN_DISK },
    // Never used: Glance keeps each file in its own format.
    convertTo: 'raw',
  },
  ims: {
    // "Smaller than 2 GB", and the page does not say which GB: the smaller one is right under both readings.
    maxPutBytes: 1_999_999_999,
    // Huawei Cloud IMS API reference, "Creating Image Metadata": min_disk.
    minDisk: { lowest: 40, highest: 1024 },
    // The service's own default disk_format.
    convertTo: 'vhd',
    // "Registering an Image": up to 128 GB; "Importing an Image File Quickly": up to 1 TB. As above, the smaller reading.
    objectStorage: { maxRegisterBytes: 128e9, maxFastImportBytes: 1e12 },
  },
};

/**
 * 32 GiB. A function lives for 15 minutes, and Lambda's network brings 60 to 75 MB/s: that would do for twice as much,
 * and half of it is left for slower links and endpoints.
 */
export const MAX_STREAM_BYTES = 32 * 2 ** 30;

/** The same for the 90 minutes of Lambda Managed Instances. */
export const MAX_MANAGED_STREAM_BYTES = 6 * MAX_STREAM_BYTES;

/** Six hours: a conversion of hundreds of GB on a busy service is over by then; what is not, will not be. */
export const ACTIVE_WITHIN_SECONDS = 21_600;
