import { type InspectOptions, inspect } from '../../lambda/formats/inspect.ts';
import type { RangeReader } from '../../lambda/formats/reading/reader.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { ImageFormat } from '../../lambda/model/image.ts';
import { corpusEntries } from '../support/corpus/corpus.ts';
import { type CorpusEntry, fileOf, isAccepted } from '../support/corpus/entry.ts';
import type { SparseFile } from '../support/images/sparse-file.ts';

/** A file of the corpus that is damaged into inputs. */
export interface Base {
  readonly name: string;
  readonly file: SparseFile;
  readonly options: InspectOptions;
  /** Offsets where inspection found something to look at, each a multiple of 8. */
  readonly fields: readonly number[];
  /** Of an accepted file: its format, and the size below which a cut is noticed. */
  readonly sound?: { readonly format: ImageFormat; readonly cutSeenBelow: number };
}

const FIELD_BYTES = 8;
/** Neighbours of a field count as fields: zeros often mean something there. */
const NEIGHBOURS = 4;
/** Of content that fills the head of a file this much is enough. */
const MAX_FIELDS = 4096;

/** All files of the corpus but the empty ones. */
export async function bases(): Promise<Base[]> {
  const entries = corpusEntries().map((entry) => ({ entry, file: fileOf(entry) }));
  return Promise.all(entries.filter(({ file }) => file.size > 0).map(({ entry, file }) => base(entry, file)));
}

async function base(entry: CorpusEntry, file: SparseFile): Promise<Base> {
  const { name, options = {} } = entry;
  const fields = fieldsIn(file, await rangesRead(file, options));
  if (!isAccepted(entry)) return { name, file, options, fields };
  const { format, unnoticedBytes = 0 } = entry.expected;
  return {
    name,
    file,
    options,
    fields,
    sound: { format, cutSeenBelow: file.size - unnoticedBytes },
  };
}

async function rangesRead(file: RangeReader, options: InspectOptions): Promise<[offset: number, length: number][]> {
  const ranges: [number, number][] = [];
  const read = (offset: number, length: number) => {
    ranges.push([offset, length]);
    return file.read(offset, length);
  };
  await inspect({ size: file.size, read }, options).catch((error) => {
    if (!(error instanceof ImageDropError)) throw error;
  });
  return ranges;
}

function fieldsIn(file: SparseFile, ranges: readonly [number, number][]): number[] {
  const fields = new Set<number>([0]);
  for (const [offset, length] of ranges) {
    const bytes = file.readNow(offset, length);
    for (let at = 0; at < length && fields.size < MAX_FIELDS; at += FIELD_BYTES) {
      if (bytes.subarray(at, at + FIELD_BYTES).every((byte) => byte === 0)) continue;
      const first = Math.floor((offset + at) / FIELD_BYTES);
      for (let near = -NEIGHBOURS; near <= NEIGHBOURS; near++) {
        const field = (first + near) * FIELD_BYTES;
        if (field >= 0 && field < file.size) fields.add(field);
      }
    }
  }
  return [...fields];
}
