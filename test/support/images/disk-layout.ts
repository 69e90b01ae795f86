/** How a disk is divided, as a script for sfdisk says it. */
export interface DiskLayout {
  /** Says all that matters. */
  readonly name: string;
  readonly scheme: 'gpt' | 'mbr';
  readonly bytes: number;
  readonly partitions: readonly { readonly type: string; readonly start: number; readonly sectors: number }[];
  readonly hasBootCode: boolean;
  readonly isForUefiOnly: boolean;
}

const MIB_SECTORS = 2048;
const EFI_SYSTEM = { gpt: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', mbr: 'ef' };
/** With a logical partition inside. */
export const EXTENDED = '5';
const BIOS_BOOT = '21686148-6449-6E6F-744E-656564454649';
const OTHERS = {
  gpt: [
    '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
    'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
    '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
    'E6D6D379-F507-44C2-A23C-238F2A3DF928',
  ],
  mbr: ['83', '7', '82', 'c'],
};

/** A layout of its own for each seed: of 64 to 128 MiB, GPT or MBR, for UEFI, BIOS, both or neither. */
export function diskLayout(seed: number): DiskLayout {
  const chance = random(seed);
  const pick = (count: number): number => Math.floor(chance() * count);
  const scheme = pick(2) === 0 ? 'gpt' : 'mbr';
  const mib = 64 + pick(65);
  const hasEsp = pick(2) === 0;
  const hasBiosBoot = scheme === 'gpt' && pick(3) === 0;
  const hasBootCode = pick(3) === 0;
  const others = Array.from({ length: 1 + pick(scheme === 'gpt' ? 6 : 3) }, () => OTHERS[scheme][pick(4)] ?? '');
  const types = [...(hasBiosBoot ? [BIOS_BOOT] : []), ...(hasEsp ? [EFI_SYSTEM[scheme]] : []), ...others];
  if (scheme === 'mbr' && types.length < 4 && pick(2) === 0) types.push(EXTENDED);
  let start = MIB_SECTORS * (1 + pick(2));
  const partitions = types.map((type) => {
    const partition = { type, start, sectors: type === EXTENDED ? 4 * MIB_SECTORS : 8 * (1 + pick(900)) };
    start += partition.sectors + 8 * pick(20);
    return partition;
  });
  const traits = { ESP: hasEsp, 'BIOS boot': hasBiosBoot, 'boot code': hasBootCode };
  const words = Object.entries(traits).flatMap(([word, has]) => (has ? [word] : []));
  return {
    name: [`disk ${seed}: ${scheme.toUpperCase()}, ${mib} MiB, ${partitions.length} partitions`, ...words].join(', '),
    scheme,
    bytes: mib * 2 ** 20 - 512 * pick(3),
    partitions,
    hasBootCode,
    isForUefiOnly: hasEsp && !hasBiosBoot && !hasBootCode,
  };
}

export function sfdiskScript({ scheme, partitions }: DiskLayout): string {
  const lines = partitions.map(({ type, start, sectors }, index) => {
    const name = scheme === 'gpt' && index % 2 === 0 ? `, name="part ${index} é"` : '';
    return `start=${start}, size=${sectors}, type=${type}${name}`;
  });
  const extended = partitions.find(({ type }) => type === EXTENDED);
  const logical = extended === undefined ? [] : [`start=${extended.start + MIB_SECTORS}, size=2048, type=83`];
  return [`label: ${scheme === 'gpt' ? 'gpt' : 'dos'}`, 'unit: sectors', ...lines, ...logical, ''].join('\n');
}

const MASK = 2n ** 64n - 1n;

/** Numbers from 0 to below 1, the same for the same seed (splitmix64; Steele, Lea, Flood, OOPSLA 2014). */
function random(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    const first = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    const second = ((first ^ (first >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return Number((second ^ (second >> 31n)) >> 11n) / 2 ** 53;
  };
}
