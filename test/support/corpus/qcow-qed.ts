import type { ErrorCode } from '../../../lambda/model/errors.ts';
import { patched, u32be, u32le, u64be, u64le } from '../images/patched.ts';
import { qcowImage } from '../images/qcow.ts';
import { qedImage } from '../images/qed.ts';
import { DISK } from '../images/samples.ts';
import { SparseFile } from '../images/sparse-file.ts';
import { type Acceptance, accepted, type CorpusGroup, refused } from './entry.ts';

type Changes = Readonly<Record<number, readonly number[]>>;
const TIB = 1024 ** 4;

const qcowBytes = qcowImage(DISK);
/** Behind its header and L1 table nothing is looked at. */
const QCOW: Acceptance = { format: 'qcow', virtualSize: DISK.length, unnoticedBytes: qcowBytes.length - 56 };
/** Header, and an L1 table that ends with the file. */
const largeQcow = new SparseFile(48 + 8 * (TIB / 2 ** 21), [{ offset: 0, bytes: qcowBytes.subarray(0, 48) }]);

const badQcow: [name: string, changes: Changes, code: ErrorCode][] = [
  ['with a backing file', { 8: u64be(100), 16: u32be(4) }, 'backing-file'],
  ['with the offset of a backing file, but a name of 0 bytes', { 8: u64be(100) }, 'backing-file'],
  ['encrypted', { 36: u32be(1) }, 'encrypted'],
  ['encrypted in a way that nobody knows', { 36: u32be(2) }, 'encrypted'],
  ['with a disk of 0 bytes', { 24: u64be(0) }, 'corrupt-header'],
  ['with a disk of one byte', { 24: u64be(1) }, 'corrupt-header'],
  ['with a disk of 2^63 bytes', { 24: u64be(2n ** 63n) }, 'corrupt-header'],
  ['with clusters of 2^8 bytes', { 32: [8] }, 'corrupt-header'],
  ['with clusters of 2^17 bytes', { 32: [17] }, 'corrupt-header'],
  ['with L2 tables of 2^5 entries', { 33: [5] }, 'corrupt-header'],
  ['with L2 tables of 2^14 entries', { 33: [14] }, 'corrupt-header'],
  ['with its L1 table in the header', { 40: u64be(8) }, 'corrupt-header'],
  ['with its L1 table past the end', { 40: u64be(qcowBytes.length - 7) }, 'truncated'],
  ['with a disk whose L1 table is longer than the file', { 24: u64be(2 ** 40) }, 'truncated'],
];

export const qcow: CorpusGroup = {
  title: 'A qcow image (version 1)',
  entries: [
    accepted('with clusters of 4 KiB', QCOW, () => qcowBytes),
    accepted('with the largest clusters and tables', QCOW, () => patched(qcowBytes, { 32: [16], 33: [13] })),
    accepted('of 1 TiB that is nothing but its L1 table', { format: 'qcow', virtualSize: TIB }, () =>
      largeQcow.patched(24, Buffer.from(u64be(TIB))),
    ),
    accepted('with a date in its header', QCOW, () => patched(qcowBytes, { 20: u32be(1234567890) })),
    ...badQcow.map(([name, changes, code]) => refused(name, code, () => patched(qcowBytes, changes))),
    refused('cut in its header', 'truncated', () => qcowBytes.subarray(0, 47)),
    refused('cut in its L1 table', 'truncated', () => qcowBytes.subarray(0, 55)),
    refused('that is said to be qcow2', 'wrong-format', () => qcowBytes, { claimedFormat: 'qcow2' }),
  ],
};

const qedBytes = qedImage(DISK);
const QED: Acceptance = { format: 'qed', virtualSize: DISK.length, unnoticedBytes: qedBytes.length - 12288 };
const CLUSTERS_OF_64_KIB = { 4: u32le(65536), 40: u64le(65536) };

const badQed: [name: string, changes: Changes, code: ErrorCode][] = [
  ['with a backing file', { 16: u64le(1), 56: u32le(64), 60: u32le(8) }, 'backing-file'],
  ['with the bit of a backing file, but a name of 0 bytes', { 16: u64le(1) }, 'backing-file'],
  ['with a raw backing file', { 16: u64le(5) }, 'backing-file'],
  ['with feature 3', { 16: u64le(8) }, 'unknown-feature'],
  ['with feature 32', { 16: u64le(2 ** 32) }, 'unknown-feature'],
  ['with feature 63', { 16: u64le(2n ** 63n) }, 'unknown-feature'],
  ['with clusters of 2 KiB', { 4: u32le(2048) }, 'corrupt-header'],
  ['with clusters of 128 MiB', { 4: u32le(2 ** 27) }, 'corrupt-header'],
  ['with clusters of 12 KiB', { 4: u32le(12288) }, 'corrupt-header'],
  ['with tables of no cluster', { 8: u32le(0) }, 'corrupt-header'],
  ['with tables of 3 clusters', { 8: u32le(3) }, 'corrupt-header'],
  ['with tables of 32 clusters', { 8: u32le(32) }, 'corrupt-header'],
  ['with a header of no cluster', { 12: u32le(0) }, 'corrupt-header'],
  ['with its L1 table in the header', { 40: u64le(0) }, 'corrupt-header'],
  ['with its L1 table between clusters', { 40: u64le(4097) }, 'corrupt-header'],
  ['with a disk of 0 bytes', { 48: u64le(0) }, 'corrupt-header'],
  ['with a disk of 1000 bytes', { 48: u64le(1000) }, 'corrupt-header'],
  ['with a disk that its tables cannot reach', { 48: u64le(2 ** 33) }, 'corrupt-header'],
  ['with its L1 table past the end', { 40: u64le(qedBytes.length - 4096) }, 'truncated'],
];

export const qed: CorpusGroup = {
  title: 'A QED image',
  entries: [
    accepted('with clusters of 4 KiB', QED, () => qedBytes),
    accepted('with clusters of 64 KiB', { ...QED, unnoticedBytes: 0 }, () =>
      SparseFile.of(patched(qedBytes, CLUSTERS_OF_64_KIB)).resized(3 * 65536),
    ),
    accepted('of a disk of 4 GiB, the most for its tables', { ...QED, virtualSize: 2 ** 32 }, () =>
      patched(qedBytes, { 48: u64le(2 ** 32) }),
    ),
    accepted('that needs a check', { ...QED, warning: 'needs a check' }, () => patched(qedBytes, { 16: u64le(2) })),
    accepted('that says how a backing file would be probed, but has none', QED, () =>
      patched(qedBytes, { 16: u64le(4) }),
    ),
    accepted('with compatible and autoclear features', QED, () => patched(qedBytes, { 24: [1], 32: [1] })),
    ...badQed.map(([name, changes, code]) => refused(name, code, () => patched(qedBytes, changes))),
    refused('cut in its header', 'truncated', () => qedBytes.subarray(0, 55)),
    refused('cut in its L1 table', 'truncated', () => qedBytes.subarray(0, 12287)),
  ],
};
