import type { ErrorCode } from '../../../lambda/model/errors.ts';
import { patched, u32le, u64le } from '../images/patched.ts';
import { DISK } from '../images/samples.ts';
import { zvhd2Image, zvhdImage } from '../images/zvhd.ts';
import { type Acceptance, accepted, type CorpusGroup, refused } from './entry.ts';

type Changes = Readonly<Record<number, readonly number[] | string>>;
type Build = typeof zvhdImage;
const GIB = 1024 ** 3;
const MIB = 1024 * 1024;

/** Changes the header, before its checksum is made, at both ends or at one. */
const withHeader = (build: Build, changes: Changes, only?: 'start' | 'end'): Buffer =>
  build(DISK, {
    header: (header, place) => {
      if (only === undefined || only === place) patched(header, changes).copy(header);
    },
  });

const common: [name: string, changes: Changes, code: ErrorCode][] = [
  ['of another version', { 12: u32le(0x20000) }, 'unsupported-variant'],
  ['by driver 1.2', { 32: u32le(0x10002) }, 'unsupported-variant'],
  ['by driver 1.5', { 32: u32le(0x10005) }, 'unsupported-variant'],
  ['with other features', { 8: u32le(3) }, 'corrupt-header'],
  ['that points to data', { 16: u64le(512) }, 'corrupt-header'],
  ['by another program', { 28: 'win ' }, 'corrupt-header'],
  ['of another type', { 60: u32le(3) }, 'corrupt-header'],
  ['with a disk of 0 bytes', { 48: u64le(0) }, 'corrupt-header'],
  ['with a disk of 2^64 - 1 bytes', { 48: u64le(2n ** 64n - 1n) }, 'corrupt-header'],
];

const kinds = [
  ['zvhd', 'A ZVHD image', zvhdImage],
  ['zvhd2', 'A ZVHD2 image', zvhd2Image],
] as const;

const [zvhdGroup, zvhd2Group] = kinds.map(([format, title, build]): CorpusGroup => {
  const sound: Acceptance = { format, virtualSize: GIB };
  const image = build(DISK);
  return {
    title,
    entries: [
      accepted('of 1 GiB', sound, () => image),
      accepted('of 40 TiB', { format, virtualSize: 40960 * GIB }, () =>
        withHeader(build, { 40: u64le(40960 * GIB), 48: u64le(40960 * GIB) }),
      ),
      accepted('of a disk that has grown', { format, virtualSize: 2 * GIB }, () =>
        withHeader(build, { 48: u64le(2 * GIB) }),
      ),
      accepted('by driver 1.3', sound, () => withHeader(build, { 32: u32le(0x10003) })),
      accepted('with anything behind its header', sound, () => patched(image, { 512: [1, 2, 3] })),
      ...common.map(([name, changes, code]) => refused(name, code, () => withHeader(build, changes))),
      refused('with a wrong checksum', 'corrupt-header', () => patched(image, { 70: [1] })),
      refused('of which only the word at its start is right', 'unsupported-variant', () =>
        patched(Buffer.alloc(65536, 1), { 0: image.subarray(0, 8).toString('latin1') }),
      ),
      refused('without its end', 'truncated', () => image.subarray(0, -4096)),
      refused('cut in its last byte', 'truncated', () => image.subarray(0, -1)),
      refused('cut behind its first block', 'truncated', () => image.subarray(0, 4096)),
      refused('cut in its header', 'truncated', () => image.subarray(0, 100)),
      refused('that is said to be vhd', 'wrong-format', () => image, { claimedFormat: 'vhd' }),
      refused('that is said to be raw', 'wrong-format', () => image, { claimedFormat: 'raw' }),
    ],
  };
}) as [CorpusGroup, CorpusGroup];

export const zvhd: CorpusGroup = {
  ...zvhdGroup,
  entries: [
    ...zvhdGroup.entries,
    refused('whose end says another size', 'truncated', () => withHeader(zvhdImage, { 48: u64le(2 * GIB) }, 'end')),
  ],
};

const SOUND: Acceptance = { format: 'zvhd2', virtualSize: GIB };

const badEnds: [name: string, changes: Changes, code: ErrorCode][] = [
  ['says another size', { 48: u64le(2 * GIB) }, 'corrupt-header'],
  ['says another original size', { 40: u64le(2 * GIB) }, 'corrupt-header'],
  ['is of another version', { 87: [2] }, 'unsupported-variant'],
  ['is of no version', { 87: [0] }, 'unsupported-variant'],
  ['is by another driver', { 32: u32le(0x10005) }, 'unsupported-variant'],
  ['has blocks of 512 KiB', { 88: u32le(MIB / 2) }, 'corrupt-header'],
  ['has blocks of 3 MiB', { 88: u32le(3 * MIB) }, 'corrupt-header'],
  ['has blocks of 64 MiB', { 88: u32le(64 * MIB) }, 'corrupt-header'],
  ['has its index in the first block', { 96: u64le(0) }, 'corrupt-header'],
  ['has its index elsewhere', { 96: u64le(4096) }, 'corrupt-header'],
  ['has its bitmap elsewhere', { 104: u64le(4096) }, 'corrupt-header'],
  ['has a longer index', { 112: u32le(1024) }, 'corrupt-header'],
  ['has a longer bitmap', { 116: u32le(128) }, 'corrupt-header'],
];

export const zvhd2: CorpusGroup = {
  ...zvhd2Group,
  entries: [
    ...zvhd2Group.entries,
    ...[1, 2, 4, 8, 16, 32].map((mebibytes) =>
      accepted(`with blocks of ${mebibytes} MiB`, SOUND, () =>
        withHeader(zvhd2Image, { 88: u32le(mebibytes * MIB) }, 'end'),
      ),
    ),
    ...badEnds.map(([name, changes, code]) =>
      refused(`whose end ${name}`, code, () => withHeader(zvhd2Image, changes, 'end')),
    ),
  ],
};
