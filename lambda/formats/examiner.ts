import type { FoundImage, ImageFormat } from '../model/image.ts';
import { GLANCE_CHECKS, glanceRefusal } from './glance-checks.ts';
import { GUEST_INSIDE_FILE, GuestDisk } from './guest/disk.ts';
import { PARTITION_NOTICES, readPartitionTable, skipPartitionTable } from './guest/guest-partition-table.ts';
import { inspectRaw, RAW_RULES } from './raw/raw.ts';
import { BOUNDED, INSIDE_FILE } from './reading/bytes.ts';
import { CLAIM, canonicalName, refuseOtherClaim } from './reading/claim.ts';
import type { Disk, Format } from './reading/format.ts';
import { Ledger } from './reading/ledger.ts';
import { Probe } from './reading/probe.ts';
import type { RangeReader } from './reading/reader.ts';
import type { Check, Notice, Refusal, Rule } from './reading/rule.ts';
import { ONE_FORMAT, theOneFormat } from './registry.ts';

export interface InspectOptions {
  /** What the user says the format is; in any case, and `vpc` for vhd. */
  readonly claimedFormat?: string;
  /** Name or key of the file. Its ending can vouch for a raw disk that bears no sign. */
  readonly fileName?: string;
}

const NOT_EMPTY: Rule = { code: 'empty', title: 'the file has bytes' };
const HAS_SIZE: Rule = { code: 'corrupt-header', title: 'the disk has bytes' };

/** What is looked at in every file, before and after what its format asks for. */
const GENERAL_RULES: readonly Rule[] = [
  NOT_EMPTY,
  ONE_FORMAT,
  CLAIM,
  HAS_SIZE,
  GUEST_INSIDE_FILE,
  INSIDE_FILE,
  BOUNDED,
];

/** The examination of one file. */
export class Examiner {
  readonly #reader: RangeReader;
  readonly #options: InspectOptions;
  readonly #ledger: Ledger;
  #format: Format | undefined;
  #formatRules: readonly (Rule | Notice)[] = [];

  constructor(reader: RangeReader, options: InspectOptions) {
    this.#reader = reader;
    this.#options = options;
    this.#ledger = new Ledger(reader.size);
  }

  /** The one format whose signature the file bears; undefined before it is known, and where there is none. */
  get format(): ImageFormat | undefined {
    return this.#format?.name;
  }

  /** @throws Refusal, and whatever the reader throws */
  async find(): Promise<FoundImage> {
    const ledger = this.#ledger;
    ledger.refuseIf(this.#reader.size === 0, NOT_EMPTY, 'The file has no bytes.');
    const probe = await Probe.open(this.#reader, ledger);
    const format = theOneFormat(probe);
    this.#format = format;
    const name = format?.name ?? 'raw';
    this.#formatRules = format?.rules ?? RAW_RULES;
    const claimed = canonicalName(this.#options.claimedFormat);
    const hints = { claimed, fileName: this.#options.fileName };
    if (format !== undefined) refuseOtherClaim(claimed, name, ledger);
    const disk = format === undefined ? await inspectRaw(probe, hints) : await format.inspect(probe);
    const { virtualSize } = disk;
    ledger.refuseIf(virtualSize <= 0, HAS_SIZE, `The ${name} header says that the disk has ${virtualSize} bytes.`);
    const partitionTable = await this.#partitionTable(probe, disk);
    for (const rule of [INSIDE_FILE, BOUNDED]) ledger.pass(rule);
    const { subformat, isUnrecognised } = disk;
    const what = { format: name, ...(subformat !== undefined && { subformat }) };
    const refusedByGlance = warnOfGlance(probe, what);
    return {
      ...what,
      virtualSize,
      ...(partitionTable !== undefined && { partitionTable }),
      ...(isUnrecognised && { isUnrecognised }),
      ...(refusedByGlance !== undefined && { glanceRefusal: refusedByGlance }),
      ...(ledger.warnings.length > 0 && { warnings: ledger.warnings }),
    };
  }

  /** @param refusal that `find` has thrown */
  checks(refusal?: Refusal): Check[] {
    return this.#ledger.checks([...GENERAL_RULES, ...this.#formatRules, ...PARTITION_NOTICES, GLANCE_CHECKS], refusal);
  }

  async #partitionTable(probe: Probe, { guest, virtualSize }: Disk) {
    if (typeof guest !== 'string') return readPartitionTable(new GuestDisk(probe, guest, virtualSize), this.#ledger);
    skipPartitionTable(this.#ledger, guest);
    return undefined;
  }
}

/** @returns the sentence, where Glance refuses the file */
function warnOfGlance(probe: Probe, what: Pick<FoundImage, 'format' | 'subformat'>): string | undefined {
  const reason = glanceRefusal(probe, what);
  const sentence =
    reason === undefined ? undefined : `Glance refuses this file after the upload: ${reason}. ${INSTEAD}`;
  probe.ledger.warnIf(sentence !== undefined, GLANCE_CHECKS, sentence ?? '');
  return sentence;
}

const INSTEAD = 'Convert it with `qemu-img convert -O qcow2 FILE NEW.qcow2` and drop the new file.';
