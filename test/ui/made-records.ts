import { recordKey } from '../../lambda/model/drop.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { beginUpload, fail, moveTo, type RecordDraft, receive } from '../../lambda/model/record-changes.ts';

export interface MadeRecord {
  readonly key: string;
  readonly record: DropRecord;
}

const GIB = 2 ** 30;
const SYSTEMS = ['ubuntu-24.04', 'debian-12', 'rocky-9.4', 'fedora-42', 'windows-2025', 'opensuse-15.6', 'alpine-3.20'];
const FORMATS = [
  ['qcow2', 'v3'],
  ['vmdk', 'streamOptimized'],
  ['vhdx', 'dynamic'],
  ['vhd', 'fixed'],
  ['iso', undefined],
] as const;

/** Records of drops that there might have been: one in 25 failed, and a few are under way. */
export function madeRecords(count: number, now: Date): MadeRecord[] {
  return Array.from({ length: count }, (_, index) => madeRecord(index, new Date(now.getTime() - index * 420_000)));
}

function madeRecord(index: number, at: Date): MadeRecord {
  const [format, subformat] = FORMATS[index % FORMATS.length] ?? ['qcow2', 'v3'];
  const system = SYSTEMS[index % SYSTEMS.length];
  const drop = {
    bucket: 'drops',
    key: `images/${system}-build-${5000 - index}.${format}`,
    id: `v${index}`,
    versionId: `v${index}`,
    etag: 'e',
    size: Math.round(GIB * (0.4 + ((index * 7) % 23) / 5)),
    droppedAt: at.toISOString(),
  };
  const target = index % 3 === 2 ? 'eu-cloud' : 'mycloud';
  const found = { format, ...(subformat && { subformat }), virtualSize: 20 * GIB };
  const received = { ...receive(drop, target, later(at, 1)), found };
  const record = { ...outcome(index, received, at), revision: 5, nonce: 'n' };
  return { key: recordKey(drop, target), record };
}

function outcome(index: number, received: RecordDraft, at: Date): RecordDraft {
  if (index === 0) return received;
  const id = `7e2b${String(index).padStart(4, '0')}-4c1d-5a90-8f3e-0d6b5a9c2e71`;
  const created = { ...moveTo(received, 'created', later(at, 2)), image: { id } };
  if (index % 25 === 6) return fail(received, refusal(index), later(at, 3));
  const uploading = beginUpload(created, later(at, 3));
  const { size } = received.drop;
  const progress = { bytes: size * (0.9 - index / 6), totalBytes: size, bytesPerSecond: 81e6 - index * 9e6, at: '' };
  if (index < 4) return { ...uploading, progress };
  const processing = moveTo(uploading, 'processing', later(at, 40));
  if (index === 4) return processing;
  const verification = { outcome: 'verified', algorithm: 'sha512', reported: {} } as const;
  return { ...moveTo(processing, 'active', later(at, 55)), verification, announcedAt: later(at, 56).toISOString() };
}

function refusal(index: number): ImageDropError {
  return index % 50 === 6
    ? new ImageDropError('truncated', 'The file has 402653184 bytes, but its tables reach to byte 805306368.')
    : new ImageDropError('backing-file', 'The image names the backing file "/etc/passwd".');
}

const later = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);
