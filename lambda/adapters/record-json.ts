import { ImageDropError } from '../model/errors.ts';
import { type DropRecord, RECORD_SCHEMA, RECORD_STATUSES } from '../model/record.ts';

/** People read it: indented. */
export function recordToJson(record: DropRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** @throws `bad-record` naming the key and what is wrong */
export function recordFromJson(key: string, text: string): DropRecord {
  const record = parse(key, text);
  const wrong = whatIsWrong(record);
  if (wrong !== undefined) throw new ImageDropError('bad-record', `The record ${key} ${wrong}.`);
  return record as DropRecord;
}

function parse(key: string, text: string): Partial<DropRecord> | null {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ImageDropError('bad-record', `The record ${key} is not JSON.`, { cause });
  }
}

/** Looks at the fields that every step relies on; a record of ours has all the others when it has these. */
function whatIsWrong(record: Partial<DropRecord> | null): string | undefined {
  if (typeof record !== 'object' || record === null) return 'is not a JSON object';
  if (record.schema !== RECORD_SCHEMA) return `has schema ${record.schema}, but only ${RECORD_SCHEMA} is known`;
  if (!RECORD_STATUSES.some((status) => status === record.status)) return `has the unknown status ${record.status}`;
  const { drop, target, revision, generation, attempts, history } = record;
  if (typeof drop?.bucket !== 'string' || typeof drop.key !== 'string') return 'names no drop';
  if (typeof target !== 'string') return 'names no target';
  if (![revision, generation, attempts].every(Number.isInteger)) return 'lacks revision, generation or attempts';
  return Array.isArray(history) ? undefined : 'has no history';
}
