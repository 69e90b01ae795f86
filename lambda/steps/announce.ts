import { isDeepStrictEqual } from 'node:util';
import { goesTo, recordKey } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import { isSettled } from '../model/record-changes.ts';
import { type ClearingDependencies, clearStaging } from './clear-staging.ts';
import type { OutcomeTopic, TaggingStore } from './ports.ts';

export interface AnnounceDependencies extends ClearingDependencies {
  readonly objects: TaggingStore;
  readonly topic: OutcomeTopic;
}

type Tags = Readonly<Record<string, string>>;

/**
 * Cleans up behind a settled record, then tells the world of it: tags on the dropped object, the outcome topic.
 * It is done at least once; a message that comes after it was done changes nothing.
 */
export async function announce(key: string, record: DropRecord, deps: AnnounceDependencies): Promise<void> {
  if (record.announcedAt !== undefined) return;
  const staging = await clearStaging(record, deps);
  await tagObject(record, deps);
  await deps.topic.publish(key, record);
  await deps.records.change(key, (stored) => {
    if (stored === undefined || stored.announcedAt !== undefined || !isSameOutcome(stored, record)) return undefined;
    return { ...stored, announcedAt: deps.now().toISOString(), ...(staging !== undefined && { staging }) };
  });
}

/** A drop that is retried meanwhile has an outcome of its own to come. */
const isSameOutcome = (stored: DropRecord, told: DropRecord): boolean =>
  stored.history.at(-1)?.at === told.history.at(-1)?.at && stored.status === told.status;

/**
 * S3 replaces all tags at once and without condition, and another target of the same drop may write at the same time:
 * so the tags of all targets are written, and written again when one has settled meanwhile.
 */
async function tagObject(record: DropRecord, deps: AnnounceDependencies): Promise<void> {
  let tags = await outcomeTags(record, deps);
  let written: Tags | undefined;
  while (!isDeepStrictEqual(tags, written)) {
    await writeTags(record, tags, deps);
    written = tags;
    tags = await outcomeTags(record, deps);
  }
}

async function writeTags(record: DropRecord, tags: Tags, deps: AnnounceDependencies): Promise<void> {
  try {
    await deps.objects.tag(record.drop, tags);
  } catch (error) {
    if (!(error instanceof ImageDropError && error.code === 'object-gone')) throw error;
    deps.log.info('the dropped object is gone; there is nothing to tag', {
      key: record.drop.key,
      dropId: record.drop.id,
    });
  }
}

/** `imagedrop:<target>` = `active <image id>`, `failed <code>` or `superseded`, for each target that has settled. */
async function outcomeTags(record: DropRecord, deps: AnnounceDependencies): Promise<Tags> {
  const targets = deps.targets.filter(({ name }) => goesTo(record.drop, name));
  const records = await Promise.all(
    targets.map(({ name }) =>
      // Its own is settled, and known.
      name === record.target ? record : deps.records.load(recordKey(record.drop, name)),
    ),
  );
  const settled = records.filter((each): each is DropRecord => each !== undefined && isSettled(each));
  return Object.fromEntries(settled.map((each) => [`imagedrop:${each.target}`, outcome(each)]));
}

function outcome(record: DropRecord): string {
  if (record.status === 'active') return `active ${record.image?.id}`;
  if (record.status === 'failed') return `failed ${record.error?.code}`;
  return record.status;
}
