import type { InspectOptions } from '../../../lambda/formats/inspect.ts';
import type { ErrorCode } from '../../../lambda/model/errors.ts';
import type { ImageFormat } from '../../../lambda/model/image.ts';
import { SparseFile } from '../images/sparse-file.ts';

/** A file that the tests make, and what inspection must say of it. */
export interface CorpusEntry {
  /** Goes on from the title of its group: "with a backing file". */
  readonly name: string;
  readonly build: () => Buffer | SparseFile;
  /** What the user says of the file. */
  readonly options?: InspectOptions;
  readonly expected: Acceptance | Refusal;
}

export interface Acceptance {
  readonly format: ImageFormat;
  readonly subformat?: string;
  readonly virtualSize: number;
  /** Words of the warnings, in their order; none is given without them. */
  readonly warning?: string | readonly string[];
  /** How many bytes can be missing at the end without anyone noticing (docs/formats.md, "How a cut file is noticed"). */
  readonly unnoticedBytes?: number;
  /** Why qemu-img says something else of the file, or nothing. */
  readonly unlikeQemu?: string;
}

export const warningsOf = ({ warning = [] }: Acceptance): readonly string[] =>
  typeof warning === 'string' ? [warning] : warning;

export interface Refusal {
  readonly code: ErrorCode;
}

export interface CorpusGroup {
  /** "A qcow2 image": each name goes on from it. */
  readonly title: string;
  readonly entries: readonly CorpusEntry[];
}

type Build = CorpusEntry['build'];

export const refused = (name: string, code: ErrorCode, build: Build, options?: InspectOptions): CorpusEntry => ({
  name,
  build,
  expected: { code },
  ...(options === undefined ? {} : { options }),
});

export const accepted = (name: string, expected: Acceptance, build: Build, options?: InspectOptions): CorpusEntry => ({
  name,
  build,
  expected,
  ...(options === undefined ? {} : { options }),
});

export const isAccepted = (entry: CorpusEntry): entry is CorpusEntry & { expected: Acceptance } =>
  'format' in entry.expected;

/** The file of the entry; only what is no zero stays in memory. */
export function fileOf({ build }: CorpusEntry): SparseFile {
  const file = build();
  return file instanceof SparseFile ? file : SparseFile.of(file);
}
