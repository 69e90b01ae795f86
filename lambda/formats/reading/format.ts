import type { ImageFormat } from '../../model/image.ts';
import type { BlockMap } from './block-map.ts';
import type { Probe } from './probe.ts';
import type { Notice, Rule } from './rule.ts';

/** One disk-image format. */
export interface Format {
  readonly name: ImageFormat;
  /** All that `inspect` looks at, in its order: a report then tells what was not looked at, too. */
  readonly rules: readonly (Rule | Notice)[];
  /** Whether the file bears this format's signature. Throws nothing: judging the rest is `inspect`'s part. */
  matches(probe: Probe): boolean;
  /**
   * Whether byte 0 of the file is byte 0 of the guest's disk, so that a partition table there belongs to the guest and
   * makes no second format.
   */
  mayBePartitioned?(probe: Probe): boolean;
  /**
   * Checks everything that must hold before the file may be sent, by the probe's ledger.
   * @throws Refusal with the reason for which it is refused
   */
  inspect(probe: Probe): Disk | Promise<Disk>;
}

/** What a format finds in a file that it does not refuse. */
export interface Disk {
  /** The variant, where a format has several. */
  readonly subformat?: string;
  /** Bytes of the disk that the guest sees. */
  readonly virtualSize: number;
  /** The place of the guest's disk in the file; or a sentence that says why it is not examined. */
  readonly guest: BlockMap | string;
  /** Set where nothing in the file shows that it is a disk. */
  readonly isUnrecognised?: true;
}
