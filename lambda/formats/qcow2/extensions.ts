import { HEAD_BYTES, type Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';

const END = 0x00000000;
const BITMAPS = 0x23852875;

/**
 * Header extensions name things that the feature bits may hide: readers follow an extension without looking at its bit
 * (CVE-2024-32498).
 */
const DANGERS: readonly { type: number; rule: Rule; message: string }[] = [
  {
    type: 0x44415441,
    rule: {
      code: 'external-data-file',
      title: 'data file, by a header extension',
      at: 'header extension 44415441',
      cve: 'CVE-2024-32498',
    },
    message: 'The qcow2 header names a data file.',
  },
  {
    type: 0xe2792aca,
    rule: {
      code: 'backing-file',
      title: 'format of a backing file',
      at: 'header extension E2792ACA',
      cve: 'CVE-2015-5163',
    },
    message: 'The qcow2 header names the format of a backing file.',
  },
  {
    type: 0x0537be77,
    rule: { code: 'encrypted', title: 'LUKS header', at: 'header extension 0537BE77' },
    message: 'The qcow2 header points to a LUKS header: the image is encrypted.',
  },
];

const RULES = {
  insideHeader: { code: 'corrupt-header', title: 'header extensions lie inside the header' },
  seen: { code: 'corrupt-header', title: 'header extensions end within 64 KiB' },
} as const satisfies Record<string, Rule>;

export const EXTENSION_RULES: readonly Rule[] = [...Object.values(RULES), ...DANGERS.map(({ rule }) => rule)];

interface ExtensionArea {
  readonly headerBytes: number;
  readonly clusterBytes: number;
}

/**
 * Each is {u32 type, u32 length, data padded to 8 bytes}. They go on up to one of the type END or to the end of the first
 * cluster, which can be far: what is not looked at could name a file, so all of them must be in the head of the file.
 * @returns where the one that names bitmaps begins; undefined without any
 */
export function refuseDangerousExtensions(
  probe: Probe,
  { headerBytes, clusterBytes }: ExtensionArea,
): number | undefined {
  const { head, ledger } = probe;
  const types = new Map<number, number>();
  let offset = headerBytes;
  while (offset < clusterBytes) {
    const place = { at: `header extension at ${offset}` };
    const isSeen = offset + 8 <= HEAD_BYTES;
    ledger.refuseIf(!isSeen, RULES.seen, `The qcow2 header has extensions past byte ${HEAD_BYTES}.`, place);
    const [type, length] = [head.u32be(offset), head.u32be(offset + 4)];
    types.set(type, offset);
    refuseDangerous(probe, types);
    offset += 8 + Math.ceil(length / 8) * 8;
    const message = `A qcow2 header extension of ${length} bytes leaves the header.`;
    ledger.refuseIf(offset > clusterBytes, RULES.insideHeader, message, place);
    if (type === END) break;
  }
  // A header that fills its cluster has room for none.
  refuseDangerous(probe, types);
  return types.get(BITMAPS);
}

/** @param extensions the offset of each type that was found */
function refuseDangerous({ ledger }: Probe, extensions: ReadonlyMap<number, number>): void {
  for (const { type, rule, message } of DANGERS) {
    const offset = extensions.get(type);
    ledger.refuseIf(offset !== undefined, rule, message, { at: `header extension at ${offset}` });
  }
}
