import type { Format } from '../reading/format.ts';
import type { Rule } from '../reading/rule.ts';
import { isVersion1, QCOW_MAGIC } from './header.ts';

const HEADER_BYTES = 48;

const RULES = {
  backingFile: { code: 'backing-file', title: 'backing file', at: 'u64@8', cve: 'CVE-2015-5163' },
  encryption: { code: 'encrypted', title: 'encryption', at: 'u32@36' },
  size: { code: 'corrupt-header', title: 'size of the disk', at: 'u64@24' },
  clusters: { code: 'corrupt-header', title: 'sizes of clusters and L2 tables', at: 'u8@32, u8@33' },
  l1Place: { code: 'corrupt-header', title: 'L1 table is behind the header', at: 'u64@40' },
  l1InsideFile: { code: 'truncated', title: 'L1 table is inside the file', at: 'u64@40' },
} as const satisfies Record<string, Rule>;

/** Version 1 of qcow; QEMU, block/qcow.c. */
export const qcow: Format = {
  name: 'qcow',
  rules: Object.values(RULES),
  matches: ({ head }) => head.has(0, QCOW_MAGIC) && isVersion1(head),
  inspect({ head, ledger }) {
    ledger.refuseIf(
      !head.isZero(8, 8),
      RULES.backingFile,
      'The qcow image names a backing file: a part of the disk is elsewhere.',
    );
    ledger.refuseIf(head.u32be(36) !== 0, RULES.encryption, 'The qcow image is encrypted.');
    const virtualSize = head.u64be(24);
    const clusterBits = head.u8(32);
    const l2Bits = head.u8(33);
    const l1Offset = head.u64be(40);
    ledger.refuseIf(virtualSize < 2, RULES.size, `The qcow header says that the disk has ${virtualSize} bytes.`);
    ledger.refuseIf(
      clusterBits < 9 || clusterBits > 16 || l2Bits < 6 || l2Bits > 13,
      RULES.clusters,
      `qcow clusters of 2^${clusterBits} bytes with L2 tables of 2^${l2Bits} entries are not possible.`,
    );
    ledger.refuseIf(l1Offset < HEADER_BYTES, RULES.l1Place, `The qcow L1 table cannot be at byte ${l1Offset}.`);
    const l1Entries = Math.ceil(virtualSize / 2 ** (clusterBits + l2Bits));
    ledger.refuseShorterThan(l1Offset + 8 * l1Entries, RULES.l1InsideFile, 'the qcow L1 table');
    return { virtualSize, guest: 'Disks of the format qcow are not looked into.' };
  },
};
