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

/** What the list can be narrowed to. */
export const GROUPS = ['all', 'under-way', 'failed', 'active', 'superseded'] as const;
export type Group = (typeof GROUPS)[number];

export const GROUP_LABELS: Readonly<Record<Group, string>> = {
  all: 'All',
  'under-way': 'Under way',
  failed: 'Failed',
  active: 'Active',
  superseded: 'Superseded',
};

export function groupOf(status: RecordStatus): Exclude<Group, 'all'> {
  return status === 'active' || status === 'failed' || status === 'superseded' ? status : 'under-way';
}

export const isSettled = (status: RecordStatus): boolean => groupOf(status) !== 'under-way';

/** Whether bytes move, so that there is progress. Browsers get no modules of the functions. */
export const isMoving = (status: RecordStatus): boolean => status === 'unpacking' || status === 'uploading';
