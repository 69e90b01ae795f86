import type { MishapOf } from './flavour.ts';
import { Fault } from './http.ts';
import type { PlannedFault } from './planned-faults.ts';

export interface ImsSettings {
  readonly mishap?: MishapOf;
  readonly diskFormats: readonly string[];
  /** The disk_format of an image that was created without one. */
  readonly defaultDiskFormat: string;
  /** Bounds of min_disk, in GB. */
  readonly minDisk: { readonly lowest: number; readonly highest: number };
  /** The largest file, in bytes, that one PUT may bring. */
  readonly maxPutBytes: number;
  /** Milliseconds from the answer of the PUT until the image is active or killed. */
  readonly activationDelayMs: number;
  /** Whether the image shows `checksum` (md5). */
  readonly checksum: boolean;
  /** Whether a second image of the same name is refused with IMG.0009. */
  readonly uniqueNames: boolean;
  /** Images of one project; more are refused with IMG.0015. */
  readonly imageQuota: number;
  /** The largest file, in bytes, that can be registered; larger ones are refused with IMG.0059. */
  readonly maxRegisterBytes: number;
  /** The largest file, in bytes, of a fast import. */
  readonly maxFastImportBytes: number;
  /** Milliseconds that a job takes at least, by the simulator's clock; it takes longer where reading does. */
  readonly jobDurationMs: number;
  /** Jobs of one project at one time; more are refused with IMG.0060. The vendor names no number. @default no limit */
  readonly maxRunningJobs?: number;
  /** Buckets that lie in another region, from which nothing can be registered (IMG.0058). */
  readonly foreignBuckets: readonly string[];
  /**
   * Files up to this size are read whole. Of larger ones only head, tail and samples are read and kept, so that a
   * file of 130 GB takes no minutes: such an image has holes in the place of all other bytes, and no checksum.
   */
  readonly wholeReadBytes: number;
  /** Faults without a mistake of the caller. */
  readonly faults: readonly PlannedFault[];
}

const GIB = 1024 ** 3;

/** The limits of the vendor's API reference of 2022-12; sister clouds have others. */
export const IMS_DEFAULTS: ImsSettings = {
  diskFormats: ['vhd', 'zvhd', 'zvhd2', 'raw', 'qcow2'],
  defaultDiskFormat: 'vhd',
  minDisk: { lowest: 40, highest: 1024 },
  maxPutBytes: 2 * GIB - 1, // "smaller than 2 GB"
  activationDelayMs: 1000, // long enough that a client that never polls is found out
  checksum: false,
  uniqueNames: false,
  imageQuota: 100, // the vendor's default quota of private images
  maxRegisterBytes: 128 * GIB, // "less than or equal to 128 GB"
  maxFastImportBytes: 1024 * GIB, // "cannot exceed 1 TB"
  jobDurationMs: 1000, // as activationDelayMs
  foreignBuckets: [],
  wholeReadBytes: 8 * GIB, // half a minute where object storage runs in the same process
  faults: [],
};

/** A refusal of IMS by its code: whatever is wrong, the status is 400 (API reference, "Error Codes"). */
export function refusal(code: string, message: string): Fault {
  return new Fault(400, message, { code });
}
