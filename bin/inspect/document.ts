import type { Check, Examination } from '../../lambda/formats/inspect.ts';
import type { PartitionTable } from '../../lambda/model/image.ts';
import type { Packed } from './inside.ts';
import type { TargetVerdict } from './targets.ts';

/** What `imagedrop inspect --json` prints; docs/inspect.md describes it. */
export interface InspectDocument {
  readonly source: string;
  /** Bytes in the file. */
  readonly size: number;
  /** How the disk image in it is packed; all that follows is about that image. */
  readonly packed?: Packed;
  readonly verdict: 'accept' | 'refuse';
  /** Also of a refused file, where its signature says it. */
  readonly format?: string;
  readonly subformat?: string;
  /** Bytes of the disk that the guest sees. */
  readonly virtualSize?: number;
  readonly partitionTable?: PartitionTable;
  readonly warnings?: readonly string[];
  /** Why it is refused; docs/errors.md has all codes. */
  readonly code?: string;
  readonly message?: string;
  /** Also of a packed file. */
  readonly nextStep?: string;
  readonly checks: readonly Check[];
  /** The metadata files that were read, from the top down. */
  readonly metadataFiles: readonly string[];
  /** The targets that the object names, by its user metadata; absent where it goes to all. */
  readonly chosenTargets?: readonly string[];
  /** None when the file is refused: no target gets it. */
  readonly targets: readonly TargetVerdict[];
}

/** The examination of a file, or of the disk image inside. */
export interface Inspection extends Examination {
  readonly packed?: Packed;
}

export function inspectDocument(
  source: string,
  size: number,
  { verdict, packed, format, found, error, checks }: Inspection,
  metadataFiles: readonly string[],
  chosenTargets: readonly string[] | undefined,
  targets: readonly TargetVerdict[],
): InspectDocument {
  const refusal = error && { code: error.code, message: error.message, nextStep: error.nextStep };
  return {
    source,
    size,
    verdict,
    ...(packed !== undefined && { packed }),
    ...(format !== undefined && { format }),
    ...found,
    ...refusal,
    checks,
    metadataFiles,
    ...(chosenTargets && { chosenTargets }),
    targets,
  };
}
