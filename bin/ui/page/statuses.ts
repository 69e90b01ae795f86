import type { RecordStatus } from '../../../lambda/model/record.ts';

/** How a status looks; `waiting` is any status of a drop whose target has no room. */
export type Tone = 'quiet' | 'moving' | 'good' | 'bad' | 'waiting';

export interface StatusWords {
  readonly label: string;
  readonly tone: Tone;
  /** What happens in it, for the timeline. */
  readonly story: string;
}

export const STATUSES: Readonly<Record<RecordStatus, StatusWords>> = {
  received: { label: 'Received', tone: 'quiet', story: 'Received: its record was created' },
  unpacking: { label: 'Unpacking', tone: 'moving', story: 'The disk image inside is unpacked' },
  created: { label: 'Created', tone: 'quiet', story: 'Inspected, and an image created at the target' },
  uploading: { label: 'Uploading', tone: 'moving', story: 'The bytes move to the target' },
  processing: { label: 'Processing', tone: 'moving', story: 'The target has all bytes and works on them' },
  active: { label: 'Active', tone: 'good', story: 'The image is ready at the target' },
  failed: { label: 'Failed', tone: 'bad', story: 'Given up' },
  superseded: { label: 'Superseded', tone: 'quiet', story: 'The same key was dropped again before this one was sent' },
};

/** What the list can be narrowed to. All but `earlier` show the last drop of each key alone, as `imagedrop ls` does. */
export const GROUPS = ['all', 'under-way', 'failed', 'active', 'earlier'] as const;
export type Group = (typeof GROUPS)[number];

export const GROUP_LABELS: Readonly<Record<Group, string>> = {
  all: 'All',
  'under-way': 'Under way',
  failed: 'Failed',
  active: 'Active',
  earlier: 'Earlier',
};

export const isSettled = (status: RecordStatus): boolean =>
  status === 'active' || status === 'failed' || status === 'superseded';

/** Whether the last drop of a key is of a group. */
export function isOfGroup(status: RecordStatus, group: Exclude<Group, 'earlier'>): boolean {
  return group === 'all' || (group === 'under-way' ? !isSettled(status) : status === group);
}

/** Whether bytes move, so that there is progress. Browsers get no modules of the functions. */
export const isMoving = (status: RecordStatus): boolean => status === 'unpacking' || status === 'uploading';
