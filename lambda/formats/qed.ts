import type { Bytes } from './bytes.ts';
import { type Format, foundImage } from './format.ts';
import type { Probe } from './probe.ts';
import { isPowerOfTwo, refuseIf, refuseShorterThan } from './refuse.ts';

/** Features (QEMU, docs/interop/qed_spec.txt, "Header"). */
const BACKING_FILE = 1;
const NEEDS_CHECK = 2;
const KNOWN_FEATURES = 7;
const MIB = 1024 * 1024;

/** QEMU enhanced disk; QEMU, docs/interop/qed_spec.txt. */
export const qed: Format = {
  name: 'qed',
  matches: ({ head }) => head.has(0, 'QED\0'),
  inspect(probe) {
    const warnings = checkFeatures(probe.head);
    const virtualSize = probe.head.u64le(48);
    checkTables(probe, virtualSize);
    return foundImage('qed', virtualSize, { warnings });
  },
};

/** @returns warnings */
function checkFeatures(head: Bytes): string[] {
  const features = head.u32le(16);
  refuseIf((features & BACKING_FILE) !== 0, 'backing-file', 'The QED image names a backing file.');
  const unknown = head.u32le(20) !== 0 || (features & ~KNOWN_FEATURES) !== 0;
  refuseIf(unknown, 'unknown-feature', 'The QED header asks for features that are not known here.');
  return (features & NEEDS_CHECK) === 0 ? [] : ['The QED image was not closed cleanly (needs a check).'];
}

function checkTables({ head, size }: Probe, virtualSize: number): void {
  const [clusterBytes, tableClusters, headerClusters] = [head.u32le(4), head.u32le(8), head.u32le(12)];
  refuseIf(
    !isPowerOfTwo(clusterBytes, 4096, 64 * MIB) || !isPowerOfTwo(tableClusters, 1, 16) || headerClusters === 0,
    'corrupt-header',
    `QED tables of ${tableClusters} clusters of ${clusterBytes} bytes behind ${headerClusters} of header are not possible.`,
  );
  const tableBytes = tableClusters * clusterBytes;
  const entries = tableBytes / 8;
  refuseIf(
    virtualSize > entries * entries * clusterBytes,
    'corrupt-header',
    `The tables of the QED image do not reach over a disk of ${virtualSize} bytes.`,
  );
  const l1Offset = head.u64le(40);
  refuseIf(
    l1Offset < headerClusters * clusterBytes || l1Offset % clusterBytes !== 0,
    'corrupt-header',
    `The QED L1 table cannot be at byte ${l1Offset}.`,
  );
  refuseShorterThan(l1Offset + tableBytes, size, 'the QED L1 table');
}
