import { isPowerOfTwo } from '../reading/bytes.ts';
import type { Format } from '../reading/format.ts';
import type { Probe } from '../reading/probe.ts';
import type { Notice, Rule } from '../reading/rule.ts';

/** Features (QEMU, docs/interop/qed_spec.txt, "Header"). */
const BACKING_FILE = 1;
const NEEDS_CHECK = 2;
const KNOWN_FEATURES = 7;
const SECTOR_BYTES = 512;
const MIB = 1024 * 1024;

const RULES = {
  backingFile: { code: 'backing-file', title: 'backing file', at: 'u64@16 bit 0', cve: 'CVE-2015-5163' },
  features: { code: 'unknown-feature', title: 'features are known', at: 'u64@16' },
  size: { code: 'corrupt-header', title: 'size of the disk in whole sectors', at: 'u64@48' },
  sizes: { code: 'corrupt-header', title: 'sizes of clusters, tables and header', at: 'u32@4, u32@8, u32@12' },
  reach: { code: 'corrupt-header', title: 'tables reach over the disk', at: 'u64@48' },
  l1Place: { code: 'corrupt-header', title: 'L1 table begins at a cluster behind the header', at: 'u64@40' },
  l1InsideFile: { code: 'truncated', title: 'L1 table is inside the file', at: 'u64@40' },
} as const satisfies Record<string, Rule>;

const NEEDS_NO_CHECK: Notice = { code: 'not-closed-cleanly', title: 'closed cleanly', at: 'u64@16 bit 1' };

/** QEMU enhanced disk; QEMU, docs/interop/qed_spec.txt. */
export const qed: Format = {
  name: 'qed',
  rules: [...Object.values(RULES), NEEDS_NO_CHECK],
  matches: ({ head }) => head.has(0, 'QED\0'),
  inspect(probe) {
    checkFeatures(probe);
    const virtualSize = probe.head.u64le(48);
    const isWhole = virtualSize % SECTOR_BYTES === 0;
    probe.ledger.refuseIf(!isWhole, RULES.size, `The QED image has a disk of ${virtualSize} bytes: no whole sectors.`);
    checkTables(probe, virtualSize);
    return { virtualSize, guest: 'Disks of the format qed are not looked into.' };
  },
};

function checkFeatures({ head, ledger }: Probe): void {
  const features = head.u32le(16);
  ledger.refuseIf((features & BACKING_FILE) !== 0, RULES.backingFile, 'The QED image names a backing file.');
  const unknown = head.u32le(20) !== 0 || (features & ~KNOWN_FEATURES) !== 0;
  ledger.refuseIf(unknown, RULES.features, 'The QED header asks for features that are not known here.');
  const needsCheck = (features & NEEDS_CHECK) !== 0;
  ledger.warnIf(needsCheck, NEEDS_NO_CHECK, 'The QED image was not closed cleanly (needs a check).');
}

function checkTables({ head, ledger }: Probe, virtualSize: number): void {
  const [clusterBytes, tableClusters, headerClusters] = [head.u32le(4), head.u32le(8), head.u32le(12)];
  ledger.refuseIf(
    !isPowerOfTwo(clusterBytes, 4096, 64 * MIB) || !isPowerOfTwo(tableClusters, 1, 16) || headerClusters === 0,
    RULES.sizes,
    `QED tables of ${tableClusters} clusters of ${clusterBytes} bytes behind ${headerClusters} of header are not possible.`,
  );
  const tableBytes = tableClusters * clusterBytes;
  const entries = tableBytes / 8;
  ledger.refuseIf(
    virtualSize > entries * entries * clusterBytes,
    RULES.reach,
    `The tables of the QED image do not reach over a disk of ${virtualSize} bytes.`,
  );
  const l1Offset = head.u64le(40);
  ledger.refuseIf(
    l1Offset < headerClusters * clusterBytes || l1Offset % clusterBytes !== 0,
    RULES.l1Place,
    `The QED L1 table cannot be at byte ${l1Offset}.`,
  );
  ledger.refuseShorterThan(l1Offset + tableBytes, RULES.l1InsideFile, 'the QED L1 table');
}
