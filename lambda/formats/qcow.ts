import { type Format, foundImage } from './format.ts';
import { isVersion1, QCOW_MAGIC } from './qcow2.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';

const HEADER_BYTES = 48;

/** Version 1 of qcow; QEMU, block/qcow.c. */
export const qcow: Format = {
  name: 'qcow',
  matches: ({ head }) => head.has(0, QCOW_MAGIC) && isVersion1(head),
  inspect({ head, size }) {
    refuseIf(
      !head.isZero(8, 8),
      'backing-file',
      'The qcow image names a backing file: a part of the disk is elsewhere.',
    );
    refuseIf(head.u32be(36) !== 0, 'encrypted', 'The qcow image is encrypted.');
    const virtualSize = head.u64be(24);
    const clusterBits = head.u8(32);
    const l2Bits = head.u8(33);
    const l1Offset = head.u64be(40);
    refuseIf(virtualSize < 2, 'corrupt-header', `The qcow header says that the disk has ${virtualSize} bytes.`);
    refuseIf(
      clusterBits < 9 || clusterBits > 16 || l2Bits < 6 || l2Bits > 13,
      'corrupt-header',
      `qcow clusters of 2^${clusterBits} bytes with L2 tables of 2^${l2Bits} entries are not possible.`,
    );
    refuseIf(l1Offset < HEADER_BYTES, 'corrupt-header', `The qcow L1 table cannot be at byte ${l1Offset}.`);
    const l1Entries = Math.ceil(virtualSize / 2 ** (clusterBits + l2Bits));
    refuseShorterThan(l1Offset + 8 * l1Entries, size, 'the qcow L1 table');
    return foundImage('qcow', virtualSize);
  },
};
