import { HEAD_BYTES, type Probe } from './probe.ts';
import { refuseIf } from './refuse.ts';

const END = 0x00000000;
const EXTERNAL_DATA_FILE = 0x44415441;
const BACKING_FORMAT = 0xe2792aca;
const LUKS_HEADER = 0x0537be77;

interface ExtensionArea {
  readonly headerBytes: number;
  readonly clusterBytes: number;
}

/**
 * Header extensions name things that the feature bits may hide: readers follow an extension without looking at its bit
 * (CVE-2024-32498). Each is {u32 type, u32 length, data padded to 8 bytes}.
 */
export function refuseDangerousExtensions({ head, size }: Probe, { headerBytes, clusterBytes }: ExtensionArea): void {
  const end = Math.min(clusterBytes, HEAD_BYTES, size);
  let offset = headerBytes;
  while (offset + 8 <= end) {
    const type = head.u32be(offset);
    const length = head.u32be(offset + 4);
    if (type === END) return;
    refuseDangerous(type);
    offset += 8 + Math.ceil(length / 8) * 8;
    refuseIf(offset > end, 'corrupt-header', `A qcow2 header extension of ${length} bytes leaves the header.`);
  }
}

function refuseDangerous(type: number): void {
  refuseIf(type === EXTERNAL_DATA_FILE, 'external-data-file', 'The qcow2 header names a data file (CVE-2024-32498).');
  refuseIf(type === BACKING_FORMAT, 'backing-file', 'The qcow2 header names the format of a backing file.');
  refuseIf(type === LUKS_HEADER, 'encrypted', 'The qcow2 header points to a LUKS header: the image is encrypted.');
}
