import type { FoundImage, ImageFormat } from '../model/image.ts';
import type { Probe } from './probe.ts';
import { refuseIf } from './refuse.ts';

/** One disk-image format. All errors are ImageDropErrors. */
export interface Format {
  readonly name: ImageFormat;
  /** Whether the file bears this format's signature. Throws nothing: judging the rest is `inspect`'s part. */
  matches(probe: Probe): boolean;
  /**
   * Whether byte 0 of the file is byte 0 of the guest's disk, so that a partition table there belongs to the guest and
   * makes no second format.
   */
  mayBePartitioned?(probe: Probe): boolean;
  /**
   * Checks everything that must hold before the file may be sent.
   * @throws ImageDropError with the reason for which it is refused
   */
  inspect(probe: Probe): FoundImage | Promise<FoundImage>;
}

/** @throws `corrupt-header` when the virtual size is 0 */
export function foundImage(
  format: ImageFormat,
  virtualSize: number,
  more: { subformat?: string; warnings?: readonly string[] } = {},
): FoundImage {
  refuseIf(virtualSize <= 0, 'corrupt-header', `The ${format} header says that the disk has ${virtualSize} bytes.`);
  const { subformat, warnings = [] } = more;
  return {
    format,
    ...(subformat === undefined ? {} : { subformat }),
    virtualSize,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}
