import { isMetadataKey } from '../../lambda/model/metadata-keys.ts';
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
import { dropFile } from './drop-file.ts';
import type { LocalStack } from './local-stack.ts';
import type { StartOptions } from './options.ts';

/** Enough to keep disk and stack busy. */
const FILES_AT_A_TIME = 4;

/**
 * Drops the files, shows every drop that is under way and reports on these files when they have settled.
 * @returns the exit code
 */
export async function dropAndReport(stack: LocalStack, options: StartOptions, stop: AbortSignal): Promise<number> {
  const startedAt = new Date();
  const lines = options.json ? undefined : liveLines(process.stdout);
  const show: Show = (key, line, style) => lines?.show(key, line, style);
  const dropped = dropAll(stack, options.files, show);
  const seen = new Map<string, DropRecord>();
  for await (const changed of watchRecords(stack.client, stack.statusBucket, stop)) {
    for (const record of changed) {
      seen.set(record.drop.id, record);
      if (!wasOver(record, startedAt)) show(record.drop.key, recordLine(record), statusStyle(record.status));
    }
    const records = (await ifDone(dropped))?.map((id) => seen.get(id));
    if (records?.every(isAnnounced)) return conclude(records, options);
  }
  process.stderr.write('Interrupted; `npm start` goes on with what was under way.\n');
  return INTERRUPTED;
}

type Show = (key: string, line: string, style?: Style) => void;

/** What speaks of images goes first. @returns the versions of those that become images */
async function dropAll(stack: LocalStack, files: readonly LocalFile[], show: Show): Promise<readonly string[]> {
  const isSaid = ({ key }: LocalFile) => isMetadataKey(key);
  await inTurns(files.filter(isSaid), FILES_AT_A_TIME, (file) => dropFile(stack.client, stack.dropBucket, file));
  const images = files.filter((file) => !isSaid(file));
  return inTurns(images, FILES_AT_A_TIME, (file) => drop(stack, file, show));
}

async function drop(stack: LocalStack, file: LocalFile, show: Show): Promise<string> {
  show(file.key, `${file.key}  dropping`);
  return dropFile(stack.client, stack.dropBucket, file);
}

/** The value of a promise that has been kept already; undefined while it has not. */
function ifDone<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, Promise.resolve(undefined)]);
}

const isAnnounced = (record: DropRecord | undefined): record is DropRecord => record?.announcedAt !== undefined;

function conclude(records: readonly DropRecord[], options: StartOptions): number {
  process.stdout.write(
    options.json ? `${printableJson(records, 2)}\n` : `\n${report(records, stylerFor(process.stdout))}`,
  );
  return records.every(({ status }) => status === 'active') ? DONE : FAILED;
}
