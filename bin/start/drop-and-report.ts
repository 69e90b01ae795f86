import { isCompanionKey } from '../../lambda/model/metadata-keys.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { inTurns } from '../in-turns.ts';
import type { LocalFile } from '../local-files.ts';
import { printableJson } from '../printable.ts';
import { recordLine, wasOver } from '../records/record-line.ts';
import { report } from '../records/report.ts';
import { watchRecords } from '../records/watch-records.ts';
import { DONE, FAILED, INTERRUPTED } from '../terminal/exit-codes.ts';
import { liveLines } from '../terminal/live-lines.ts';
import { type Style, statusStyle, stylerFor } from '../terminal/styles.ts';
import { roomOf } from '../terminal/table.ts';
import { checksumFilesAround, namingFiles, withoutRepeats } from '../upload/checksum-files.ts';
import { dropFile } from '../upload/upload-file.ts';
import type { LocalStack } from './local-stack.ts';
import type { StartOptions } from './options.ts';
import { requireSpace } from './state-folder.ts';

/** Enough to keep disk and stack busy. */
const FILES_AT_A_TIME = 4;

/**
 * Drops the files, shows every drop that is under way and reports on these files when they have settled.
 * @returns the exit code
 */
export async function dropAndReport(stack: DropPlace, options: StartOptions, stop: AbortSignal): Promise<number> {
  const records = await dropAndWait(stack, options, stop);
  return records === undefined ? INTERRUPTED : conclude(records, options);
}

/** The part of a stack that a drop needs; the stack may run in another process. */
export type DropPlace = Pick<LocalStack, 'client' | 'dropBucket' | 'statusBucket' | 'folder'>;

type Dropped = Pick<StartOptions, 'files' | 'json'>;

/**
 * Drops the files and shows every drop that is under way.
 * @returns the records of these files when they have settled; undefined if interrupted
 */
export async function dropAndWait(
  stack: DropPlace,
  { files, json }: Dropped,
  stop: AbortSignal,
): Promise<readonly DropRecord[] | undefined> {
  const startedAt = new Date();
  const lines = json ? undefined : liveLines(process.stdout);
  const show: Show = (key, line, style) => lines?.show(key, line, style);
  const dropped = dropAll(files, { stack, stop, show });
  // After another fault no one awaits the drops.
  dropped.catch(() => undefined);
  const seen = new Map<string, DropRecord>();
  for await (const changed of watchRecords(stack.client, stack.statusBucket, stop)) {
    requireSpace(stack.folder);
    for (const record of changed) {
      seen.set(record.drop.id, record);
      if (!wasOver(record, startedAt)) show(record.drop.key, recordLine(record), statusStyle(record.status));
    }
    const records = (await ifDone(dropped))?.map((id) => seen.get(id));
    if (records?.every(isAnnounced)) return records;
  }
  process.stderr.write('Interrupted. A running stack continues with the drops; `npm start` resumes them.\n');
  return undefined;
}

type Show = (key: string, line: string, style?: Style) => void;

interface DropTools {
  readonly stack: DropPlace;
  readonly stop: AbortSignal;
  readonly show: Show;
}

/**
 * Metadata and checksum files go first, also those beside the images that name them: an image is created by what is there
 * when it arrives. Nothing is compared here, so that the stack shows what it does.
 * @returns the ids of the dropped images
 */
async function dropAll(files: readonly LocalFile[], tools: DropTools): Promise<readonly string[]> {
  const { yes: metadata = [], no: images = [] } = Object.groupBy(files, ({ key }) =>
    isCompanionKey(key) ? 'yes' : 'no',
  );
  const beside = await Promise.all(images.map(async (file) => namingFiles(file, await checksumFilesAround(file))));
  await inTurns(withoutRepeats([...metadata, ...beside.flat()]), FILES_AT_A_TIME, (file) => drop(file, tools));
  return inTurns(images, FILES_AT_A_TIME, (file) => {
    tools.show(file.key, `${file.key}  dropping`);
    return drop(file, tools);
  });
}

const drop = (file: LocalFile, { stack, stop }: DropTools): Promise<string> =>
  dropFile(stack.client, stack.dropBucket, file, stop);

/** The value of a promise that has been kept already; undefined while it has not. */
function ifDone<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, Promise.resolve(undefined)]);
}

const isAnnounced = (record: DropRecord | undefined): record is DropRecord => record?.announcedAt !== undefined;

function conclude(records: readonly DropRecord[], options: StartOptions): number {
  process.stdout.write(
    options.json
      ? `${printableJson(records, 2)}\n`
      : `\n${report(records, stylerFor(process.stdout), roomOf(process.stdout))}`,
  );
  return records.every(({ status }) => status === 'active') ? DONE : FAILED;
}
